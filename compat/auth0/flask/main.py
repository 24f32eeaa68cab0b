"""This program runs the sample API on tokens of the server named by the JSON
file in ROLECALL_DEV_INFO, and compares what it answers, byte for byte, with what
the vendor's documents and the sample's users expect. SSL_CERT_FILE names the
authority to trust."""

import base64
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from check import checks, end, holds, same
from issuer import CALLBACK, PASSWORD, Issuer

AUDIENCE = "https://hello-world.example.com"
ORIGIN = "http://localhost:4040"

METADATA = '{"metadata":{"api":"api_flask_python_hello-world","branch":"basic-role-based-access-control"},'
PUBLIC = METADATA + '"text":"This is a public message."}\n'
PROTECTED = METADATA + '"text":"This is a protected message."}\n'
ADMIN = METADATA + '"text":"This is an admin message."}\n'
UNAUTHENTICATED = '{"message":"Requires authentication"}\n'
MALFORMED = (
    '{"error":"invalid_request","error_description":"Authorization header value must follow this format: Bearer access-token",'
    '"message":"Requires authentication"}\n'
)
DENIED = '{"message":"Permission denied"}\n'


def bad(why):
    return f'{{"error":"invalid_token","error_description":"{why}","message":"Bad credentials"}}\n'


NO_KEY = bad("??? Unknown Error: None")


class Sample:
    """The running sample."""

    def __init__(self, port):
        self.origin = f"http://127.0.0.1:{port}"

    def ask(self, path, authorization=None, method="GET", **headers):
        request = urllib.request.Request(self.origin + path, method=method, headers=headers)
        if authorization is not None:
            request.add_header("Authorization", authorization)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode(), answer.headers

    def expect(self, path, authorization, status, body):
        got = self.ask(path, authorization)
        same(got[:2], (status, body), path)

    def expect_bearer(self, path, token, status, body):
        self.expect(path, f"Bearer {token}", status, body)


def free_port():
    """A port that nobody has, and that the system gives nobody else by itself."""
    while True:
        port = random.randrange(10000, 32000)
        with contextlib.suppress(OSError), socket.socket() as s:
            s.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def sample(domain, **change):
    """Runs the sample on a free port, told the domain and nothing else of the server."""
    port = free_port()
    env = os.environ | {"CLIENT_ORIGIN_URL": ORIGIN, "AUTH0_AUDIENCE": AUDIENCE, "AUTH0_DOMAIN": domain, "PORT": str(port)} | change
    process = subprocess.Popen([sys.executable, "sample.py"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(1200):
            if process.poll() is not None:
                raise AssertionError(f"the sample ended: {process.stderr.read().decode()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield Sample(port)
    finally:
        process.terminate()
        process.communicate(timeout=120)


with open(os.environ["ROLECALL_DEV_INFO"]) as f:
    issuer = Issuer(json.load(f))

# What the sample's guide does in the dashboard: an API with RBAC and permissions
# in the access token, a permission, a role that has it, two applications.
api = issuer.manage("POST", "resource-servers", {
    "identifier": AUDIENCE, "name": "Hello World API", "scopes": [{"value": "read:admin-messages", "description": "Read admin messages"}],
})
issuer.manage("PATCH", f"resource-servers/{api['id']}", {"enforce_policies": True, "token_dialect": "access_token_authz"})
issuer.manage("POST", "resource-servers", {"identifier": "https://other.example.com", "name": "Other"})
role = issuer.manage("POST", "roles", {"name": "messages-admin"})
issuer.manage("POST", f"roles/{role['id']}/permissions", {
    "permissions": [{"resource_server_identifier": AUDIENCE, "permission_name": "read:admin-messages"}],
})
spa = issuer.manage("POST", "clients", {
    "name": "Single page", "app_type": "spa", "callbacks": [CALLBACK], "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
})
REALM = "http://auth0.com/oauth/grant-type/password-realm"
regular = issuer.manage("POST", "clients", {"name": "Regular", "grant_types": [REALM, "client_credentials"]})
user = issuer.manage("POST", "users", {"connection": "Username-Password-Authentication", "email": "ada@example.com", "password": PASSWORD})


def assign(method):
    issuer.manage(method, f"users/{urllib.parse.quote(user['user_id'], safe='')}/roles", {"roles": [role["id"]]})


def login(audience=AUDIENCE):
    return issuer.token(
        grant_type=REALM, realm="Username-Password-Authentication", username="ada@example.com", password=PASSWORD,
        client_id=regular["client_id"], client_secret=regular["client_secret"], audience=audience, scope="openid",
    )


def tampered(token, part, **change):
    """A token that says something else, with the signature that it had."""
    parts = token.split(".")
    said = json.loads(base64.urlsafe_b64decode(parts[part] + "=="))
    parts[part] = base64.urlsafe_b64encode(json.dumps(said | change).encode()).rstrip(b"=").decode()
    return ".".join(parts)


def main(app):
    @checks("anybody reads the public message, with any token or none")
    def _():
        for authorization in (None, "Bearer nonsense", "a b c"):
            app.expect("/api/messages/public", authorization, 200, PUBLIC)

    @checks("401: no Authorization header, or an empty one")
    def _():
        for path in ("/api/messages/protected", "/api/messages/admin"):
            app.expect(path, None, 401, UNAUTHENTICATED)
            app.expect(path, "", 401, UNAUTHENTICATED)

    @checks("400: a header of other than two words")
    def _():
        for authorization in ("Bearer", "nonsense", "Bearer a b", "Bearer a b c"):
            app.expect("/api/messages/protected", authorization, 400, MALFORMED)

    @checks("401: another scheme")
    def _():
        app.expect("/api/messages/protected", "Basic YTpi", 401, UNAUTHENTICATED)

    before = login()

    @checks("200: somebody signed in by password reads the protected message")
    def _():
        app.expect_bearer("/api/messages/protected", before, 200, PROTECTED)
        app.expect("/api/messages/protected", f"bEARER   {before}", 200, PROTECTED)

    @checks("200: somebody signed in on the server's page, with PKCE, too")
    def _():
        app.expect_bearer("/api/messages/protected", issuer.sign_in(spa["client_id"], AUDIENCE, "ada@example.com"), 200, PROTECTED)

    @checks("403: without the role, nobody reads the admin message")
    def _():
        app.expect_bearer("/api/messages/admin", before, 403, DENIED)

    assign("POST")
    during = login()

    @checks("200: with the role, by a new token, and not by the old one")
    def _():
        app.expect_bearer("/api/messages/admin", during, 200, ADMIN)
        app.expect_bearer("/api/messages/admin", issuer.sign_in(spa["client_id"], AUDIENCE, "ada@example.com"), 200, ADMIN)
        app.expect_bearer("/api/messages/admin", before, 403, DENIED)

    assign("DELETE")

    @checks("403: without the role again, by a new token; the old one lives until it expires")
    def _():
        app.expect_bearer("/api/messages/admin", login(), 403, DENIED)
        app.expect_bearer("/api/messages/admin", during, 200, ADMIN)

    @checks("a machine reads what its client grant says")
    def _():
        grant = issuer.manage("POST", "client-grants", {"client_id": regular["client_id"], "audience": AUDIENCE, "scope": []})

        def machine():
            return issuer.token(grant_type="client_credentials", client_id=regular["client_id"], client_secret=regular["client_secret"], audience=AUDIENCE)

        app.expect_bearer("/api/messages/admin", machine(), 403, DENIED)
        issuer.manage("PATCH", f"client-grants/{grant['id']}", {"scope": ["read:admin-messages"]})
        app.expect_bearer("/api/messages/admin", machine(), 200, ADMIN)

    @checks("401: a token that was changed")
    def _():
        app.expect_bearer("/api/messages/admin", tampered(before, 1, permissions=["read:admin-messages"]), 401, bad("Signature verification failed"))

    @checks("401: a token for another API")
    def _():
        app.expect_bearer("/api/messages/protected", login("https://other.example.com"), 401, bad("Audience doesn't match"))

    @checks("401: a token of a key that is unknown, and what is no token")
    def _():
        app.expect_bearer("/api/messages/protected", tampered(before, 0, kid="unknown"), 401, NO_KEY)
        app.expect_bearer("/api/messages/protected", "nonsense", 401, NO_KEY)

    @checks("401: an algorithm that is not asked for")
    def _():
        app.expect_bearer("/api/messages/protected", tampered(before, 0, alg="HS256"), 401, bad("The specified alg value is not allowed"))

    @checks("401: a token that has expired")
    def _():
        issuer.manage("PATCH", f"resource-servers/{api['id']}", {"token_lifetime": 1})
        short = login()
        issuer.manage("PATCH", f"resource-servers/{api['id']}", {"token_lifetime": 86400})
        time.sleep(2)
        app.expect_bearer("/api/messages/protected", short, 401, bad("Signature has expired"))

    @checks("403: permissions are not in the token, when the API says so")
    def _():
        assign("POST")
        issuer.manage("PATCH", f"resource-servers/{api['id']}", {"token_dialect": "access_token"})
        app.expect_bearer("/api/messages/admin", login(), 403, DENIED)
        issuer.manage("PATCH", f"resource-servers/{api['id']}", {"token_dialect": "access_token_authz"})
        app.expect_bearer("/api/messages/admin", login(), 200, ADMIN)

    @checks("404 and 405: unknown paths and wrong methods")
    def _():
        app.expect("/api/nonsense", None, 404, '{"message":"Not Found"}\n')
        for path, method, status in (("/nonsense", "GET", 404), ("/api/messages/public", "POST", 405)):
            got, body, headers = app.ask(path, method=method)
            same(got, status, path)
            holds(body.startswith("<!doctype html>"), f"a page in {body}")
            same(headers["Content-Type"], "application/json; charset=utf-8", "Content-Type")

    @checks("headers: on every answer")
    def _():
        for path in ("/api/messages/public", "/api/messages/admin", "/nonsense"):
            headers = app.ask(path)[2]
            for name, value in {
                "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store, max-age=0, must-revalidate", "Pragma": "no-cache",
                "Expires": "0", "X-XSS-Protection": "0", "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
                "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
                "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
            }.items():
                same(headers[name], value, f"{path}: {name}")

    @checks("CORS: for the application's origin alone")
    def _():
        same(app.ask("/api/messages/public")[2]["Access-Control-Allow-Origin"], ORIGIN, "without an origin")
        same(app.ask("/api/messages/public", Origin=ORIGIN)[2]["Access-Control-Allow-Origin"], ORIGIN, "of its own")
        same(app.ask("/api/messages/public", Origin="https://evil.example.com")[2]["Access-Control-Allow-Origin"], None, "of another")
        status, body, headers = app.ask("/api/messages/admin", method="OPTIONS", Origin=ORIGIN, **{
            "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization",
        })
        same((status, body), (200, ""), "preflight")
        same([headers[f"Access-Control-{name}"] for name in ("Allow-Headers", "Allow-Methods", "Max-Age")], ["authorization", "GET", "86400"], "preflight")

    @checks("401: the issuer can't be reached, or is not trusted, or is another")
    def _():
        with sample("127.0.0.1:1") as elsewhere:
            elsewhere.expect_bearer("/api/messages/protected", during, 401, NO_KEY)
        with sample(issuer.domain, SSL_CERT_FILE=os.devnull) as distrusting:
            distrusting.expect_bearer("/api/messages/protected", during, 401, NO_KEY)
        with sample(issuer.domain.replace("127.0.0.1", "localhost")) as renamed:
            renamed.expect_bearer("/api/messages/protected", during, 401, bad("Invalid issuer"))

    @checks("the sample does not start without its settings")
    def _():
        for name in ("CLIENT_ORIGIN_URL", "AUTH0_AUDIENCE", "AUTH0_DOMAIN"):
            env = {"CLIENT_ORIGIN_URL": ORIGIN, "AUTH0_AUDIENCE": AUDIENCE, "AUTH0_DOMAIN": issuer.domain} | {name: ""}
            ended = subprocess.run([sys.executable, "sample.py"], env=os.environ | env, capture_output=True, timeout=300)
            holds(ended.returncode != 0 and name in ended.stderr.decode(), f"it names {name}")


with sample(issuer.domain) as running:
    main(running)
sys.exit(end())
