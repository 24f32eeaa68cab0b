"""An API like the one of Auth0's developer hub for Flask, branch
basic-role-based-access-control, written from how that behaves: the same
settings, routes, bodies and headers, on the same libraries. It knows nothing of
Rolecall but what AUTH0_DOMAIN and AUTH0_AUDIENCE say."""

import functools
import os

import jwt
from flask import Blueprint, Flask, abort, g, jsonify, make_response, request
from flask_cors import CORS
from flask_talisman import Talisman
from werkzeug.exceptions import HTTPException


def setting(name):
    value = os.environ.get(name)
    if not value:
        raise SystemExit(f"the environment lacks {name}")
    return value


CLIENT_ORIGIN = setting("CLIENT_ORIGIN_URL")
AUDIENCE = setting("AUTH0_AUDIENCE")
ISSUER = f"https://{setting('AUTH0_DOMAIN')}/"
KEYS = f"{ISSUER}.well-known/jwks.json"

METADATA = {"api": "api_flask_python_hello-world", "branch": "basic-role-based-access-control"}


def refuse(status, **body):
    abort(make_response(jsonify(body), status))


def bearer():
    """The token of the request's Authorization header."""
    header = request.headers.get("Authorization")
    if not header:
        refuse(401, message="Requires authentication")
    words = header.split()
    if len(words) != 2:
        refuse(
            400,
            error="invalid_request",
            error_description="Authorization header value must follow this format: Bearer access-token",
            message="Requires authentication",
        )
    if words[0].lower() != "bearer":
        refuse(401, message="Requires authentication")
    return words[1]


def signing_key(token):
    """The server's key that signed a token. Keys are fetched anew for every request."""
    try:
        return jwt.PyJWKClient(KEYS).get_signing_key_from_jwt(token).key
    except Exception as error:
        refuse(500, error="signing_key_unavailable", error_description=str(error), message="Unable to verify credentials")


def verified(token):
    """What a token says, if it is one of the issuer's for this API and lives."""
    try:
        return jwt.decode(token, signing_key(token), algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER)
    except Exception as error:  # that there is no key, too
        refuse(401, error="invalid_token", error_description=str(error), message="Bad credentials")


def authorized(view):
    @functools.wraps(view)
    def guarded(*args, **kwargs):
        g.claims = verified(bearer())
        return view(*args, **kwargs)

    return guarded


def permitted(required):
    def guard(view):
        @functools.wraps(view)
        def guarded(*args, **kwargs):
            held = g.claims.get("permissions")
            if not held or not set(required) <= set(held):
                refuse(403, message="Permission denied")
            return view(*args, **kwargs)

        return guarded

    return guard


messages = Blueprint("messages", __name__, url_prefix="/api/messages")


@messages.route("/public")
def public():
    return {"metadata": METADATA, "text": "This is a public message."}


@messages.route("/protected")
@authorized
def protected():
    return {"metadata": METADATA, "text": "This is a protected message."}


@messages.route("/admin")
@authorized
@permitted(["read:admin-messages"])
def admin():
    return {"metadata": METADATA, "text": "This is an admin message."}


app = Flask(__name__, instance_relative_config=True)
app.register_blueprint(messages)
Talisman(
    app,
    force_https=False,
    frame_options="DENY",
    referrer_policy="no-referrer",
    x_xss_protection=False,
    content_security_policy={"default-src": "'self'", "frame-ancestors": "'none'"},
)
CORS(app, resources={r"/api/*": {"origins": CLIENT_ORIGIN}}, allow_headers=["Authorization", "Content-Type"], methods=["GET"], max_age=86400)


@app.after_request
def headers(response):
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Cache-Control"] = "no-store, max-age=0, must-revalidate"
    response.headers["Pragma"] = "no-cache"
    response.headers["Expires"] = "0"
    response.headers["X-XSS-Protection"] = "0"
    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


@app.errorhandler(404)
def missing(error):
    return (jsonify(message="Not Found"), 404) if request.path.startswith("/api/") else error


@app.errorhandler(500)
def broken(error):
    return (jsonify(message=str(error)), 500) if request.path.startswith("/api/") else error


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "6060")))
