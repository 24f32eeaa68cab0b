"""The Authentication API: GetToken, RevokeToken, Database, Users, TokenVerifier."""

import base64
import hashlib
import json
import re
import urllib.parse

import requests
from auth0.authentication.exceptions import Auth0Error, RateLimitError, TokenValidationError
from auth0.authentication.token_verifier import AsymmetricSignatureVerifier, TokenVerifier

from check import DATABASE, PASSWORD, checks, denied, holds, same, same_set

REALM = "http://auth0.com/oauth/grant-type/password-realm"


def claims(token):
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def verifier(world, audience):
    return TokenVerifier(AsymmetricSignatureVerifier(f"{world.url}.well-known/jwks.json"), world.url, audience)


def machines(world):
    audience = "https://machines.example.com"
    world.api(audience, "read:it", "write:it", token_lifetime=600)
    app = world.application("Machine", "client_credentials")
    tokens = world.tokens(app)

    @checks("client credentials: refused without a client grant")
    def _():
        denied(lambda: tokens.client_credentials(audience), 403, "access_denied")

    @checks("client credentials: a token of what the grant says")
    def _():
        world.management.client_grants.create(client_id=app.client_id, audience=audience, scope=["read:it"])
        got = tokens.client_credentials(audience)
        same((got["token_type"], got["expires_in"], "id_token" in got, "refresh_token" in got), ("Bearer", 600, False, False), "answer")
        said = claims(got["access_token"])
        same({name: said[name] for name in ("iss", "sub", "aud", "azp", "gty", "scope", "permissions")}, {
            "iss": world.url, "sub": f"{app.client_id}@clients", "aud": audience, "azp": app.client_id,
            "gty": "client-credentials", "scope": "read:it", "permissions": ["read:it"],
        }, "claims")

    @checks("client credentials: another secret; an API that does not exist; another grant type")
    def _():
        wrong = world.tokens(type("App", (), {"client_id": app.client_id, "client_secret": "wrong"}))
        denied(lambda: wrong.client_credentials(audience), 401, "access_denied", "Unauthorized")
        denied(lambda: tokens.client_credentials("https://nowhere.example.com"), 403, "access_denied")
        denied(lambda: world.tokens(world.application("No machine", "authorization_code")).client_credentials(audience), 403, "unauthorized_client")


def passwords(world):
    audience = "https://passwords.example.com"
    world.api(audience, "read:it")
    sub = world.user("password@example.com")
    app = world.application("Passwords", "password", REALM)

    def login(password=PASSWORD, **change):
        options = {"scope": "openid profile email", "audience": audience} | change
        return world.tokens(app).login("password@example.com", password, **options)

    for name, change in (("password", {"grant_type": "password"}), ("password realm", {"realm": DATABASE})):

        @checks(f"{name}: signs in, and the SDK verifies the id token")
        def _():
            got = login(**change)
            said = verifier(world, app.client_id).verify(got["id_token"])
            same((said["sub"], said["email"]), (sub, "password@example.com"), "id token")
            same_set(claims(got["access_token"])["aud"], [audience, f"{world.url}userinfo"], "aud")
            info = world.userinfo(got["access_token"])
            same((info["sub"], info["email"], info["nickname"]), (sub, "password@example.com", "password"), "userinfo")

        @checks(f"{name}: another one is refused")
        def _():
            denied(lambda: login("wrong", **change), 403, "invalid_grant", "Wrong email or password.")

    @checks("password: who tries too often waits")
    def _():
        world.user("guessed@example.com")
        for _ in range(60):  # ten, and what time forgives meanwhile: one each half minute
            try:
                world.tokens(app).login("guessed@example.com", "wrong", grant_type="password")
            except RateLimitError as e:
                same((e.error_code, 0 < int(e.headers["Retry-After"]) <= 30), ("too_many_attempts", True), "refusal")
                return
            except Auth0Error as e:
                same(e.status_code, 403, "status")
        raise AssertionError("sixty attempts were answered")

    @checks("password: somebody who is blocked is refused")
    def _():
        world.management.users.update(sub, blocked=True)
        denied(lambda: login(grant_type="password"), 403, "unauthorized", "user is blocked")


def refresh(world):
    audience = "https://refreshed.example.com"
    world.api(audience, "read:it", allow_offline_access=True)
    id = world.user("refresh@example.com")
    staying = world.application("Staying", "password", "refresh_token")
    rotating = world.application("Rotating", "password", "refresh_token", refresh_token={
        "rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0, "token_lifetime": 86400, "idle_token_lifetime": 3600,
        "infinite_token_lifetime": False, "infinite_idle_token_lifetime": False,
    })
    unknown = (403, "invalid_grant", "Unknown or invalid refresh token.")

    def login(app):
        return world.tokens(app).login(
            "refresh@example.com", PASSWORD, scope="openid offline_access read:it", audience=audience, grant_type="password",
        )

    def renew(app, token):
        return world.tokens(app).refresh_token(token)

    @checks("refresh: permissions are worked out again, and the id token has no nonce")
    def _():
        first = login(staying)
        same(claims(first["access_token"])["permissions"], [], "permissions")
        world.management.users.roles.assign(id, roles=[world.role("Refreshed", audience, "read:it")])
        second = renew(staying, first["refresh_token"])
        same(claims(second["access_token"])["permissions"], ["read:it"], "permissions")
        holds("nonce" not in claims(second["id_token"]), "no nonce")

    @checks("refresh: rotates, and an old token revokes them all")
    def _():
        first = login(rotating)["refresh_token"]
        second = renew(rotating, first)["refresh_token"]
        holds(second != first, "another")
        denied(lambda: renew(rotating, first), *unknown)
        denied(lambda: renew(rotating, second), *unknown)

    @checks("revoke: a refresh token, and one that is unknown")
    def _():
        token = login(staying)["refresh_token"]
        world.revoker(staying).revoke_refresh_token(token)
        denied(lambda: renew(staying, token), *unknown)
        world.revoker(staying).revoke_refresh_token("unknown")


def signup(world):
    app = world.application("Sign-up", "password")
    database = world.database(app)

    @checks("signup: makes a user who signs in")
    def _():
        made = database.signup("new@example.com", PASSWORD, DATABASE, given_name="New", user_metadata={"colour": "red"})
        same((made["email"], made["email_verified"]), ("new@example.com", False), "answer")
        got = world.management.users.get(f"auth0|{made['_id']}")
        same((got.given_name, got.user_metadata), ("New", {"colour": "red"}), "user")
        world.tokens(app).login("new@example.com", PASSWORD, scope="openid", grant_type="password")

    @checks("signup: an address that is taken, or a weak password")
    def _():
        denied(lambda: database.signup("new@example.com", PASSWORD, DATABASE), 400, "invalid_signup")
        denied(lambda: database.signup("newer@example.com", "abc", DATABASE), 400, "invalid_password")
        same(world.management.users.list_users_by_email(email="newer@example.com"), [], "nobody was made")

    @checks("change password: says the same of anybody")
    def _():
        same(database.change_password("nobody@example.com", DATABASE), database.change_password("new@example.com", DATABASE), "answers")


def codes(world):
    sub = world.user("code@example.com")
    callback, proof = "https://app.example.com/callback", "a-verifier-that-is-long-enough-to-be-one-of-rfc-7636"

    def sign_in(app, **more):
        query = {"client_id": app.client_id, "redirect_uri": callback, "response_type": "code", "scope": "openid", "state": "a+b/c=", "nonce": "n-0S6"} | more
        browser = requests.Session()
        page = browser.get(f"{world.url}authorize", params=query)
        state = re.search(r'name="state" value="([^"]+)"', page.text).group(1)
        back = browser.post(page.url, data={"state": state, "username": "code@example.com", "password": PASSWORD}, allow_redirects=False)
        got = urllib.parse.parse_qs(urllib.parse.urlsplit(back.headers["Location"]).query)
        same(got["state"], ["a+b/c="], "state")
        return got["code"][0]

    @checks("code: a person signs in, and the SDK exchanges the code by its secret")
    def _():
        app = world.application("Codes", "authorization_code")
        token = world.tokens(app).authorization_code(sign_in(app), callback)["id_token"]
        same(verifier(world, app.client_id).verify(token, nonce="n-0S6")["sub"], sub, "sub")

    @checks("code: the SDK exchanges it with PKCE and no secret, once, and checks nonce and age")
    def _():
        app = world.management.clients.create(
            name="Native", app_type="native", token_endpoint_auth_method="none", grant_types=["authorization_code"], callbacks=[callback],
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(proof.encode()).digest()).rstrip(b"=").decode()
        code = sign_in(app, max_age="600", code_challenge=challenge, code_challenge_method="S256")

        def exchange():
            return world.tokens(app).authorization_code_pkce(proof, code, callback)

        token = exchange()["id_token"]
        said = verifier(world, app.client_id).verify(token, nonce="n-0S6", max_age=600)
        same(said["sub"], sub, "sub")
        try:
            verifier(world, app.client_id).verify(token, nonce="another")
        except TokenValidationError as e:
            holds("Nonce" in str(e), f"a word of the nonce in {e}")
        else:
            raise AssertionError("another nonce was accepted")
        denied(exchange, 403, "invalid_grant", "Invalid authorization code")


def tokens(world):
    audience = "https://rbac.example.com"
    world.api(audience, "read:it", "write:it")
    id, reader = world.user("rbac@example.com"), world.role("RBAC Reader", audience, "read:it")
    app = world.application("RBAC", "password")

    def token():
        got = world.tokens(app).login("rbac@example.com", PASSWORD, scope="openid read:it write:it burn:it", audience=audience, grant_type="password")
        return claims(got["access_token"])

    @checks("RBAC: a role in the next token, and out of the one after")
    def _():
        same(token()["permissions"], [], "permissions before")
        world.management.users.roles.assign(id, roles=[reader])
        said = token()
        same((said["permissions"], sorted(said["scope"].split())), (["read:it"], ["openid", "read:it"]), "permissions and scope with the role")
        world.management.users.roles.delete(id, roles=[reader])
        same(token()["permissions"], [], "permissions after")
