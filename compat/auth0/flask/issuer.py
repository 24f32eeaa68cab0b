"""The server that issues tokens, as its administrator and its users see it."""

import base64
import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

PASSWORD = "Correct-Horse-9-Battery"
CALLBACK = "http://localhost:4040/callback"


def call(method, url, body=None, token=None):
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class Issuer:
    def __init__(self, info):
        self.url, self.domain = info["url"], urllib.parse.urlsplit(info["url"]).netloc
        self._admin = self.token(
            grant_type="client_credentials",
            client_id=info["management_client_id"],
            client_secret=info["management_client_secret"],
            audience=f"{self.url}api/v2/",
        )

    def token(self, **request):
        return call("POST", f"{self.url}oauth/token", request)["access_token"]

    def manage(self, method, path, body=None):
        """Calls the Management API."""
        return call(method, f"{self.url}api/v2/{path}", body, self._admin)

    def sign_in(self, client, audience, email):
        """Signs somebody in on the server's page, and returns an access token."""
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _Stop)
        verifier = "a-verifier-that-is-long-enough-to-be-one-of-rfc-7636"
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": client, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", "audience": audience,
            "state": "s", "code_challenge": challenge, "code_challenge_method": "S256",
        }
        page = browser.open(f"{self.url}authorize?{urllib.parse.urlencode(query)}")
        state = re.search(r'name="state" value="([^"]+)"', page.read().decode()).group(1)
        form = urllib.parse.urlencode({"state": state, "username": email, "password": PASSWORD}).encode()
        back = browser.open(urllib.request.Request(page.url, data=form, headers={"Origin": self.url.rstrip("/")}))
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(back.headers["Location"]).query)["code"][0]
        return self.token(grant_type="authorization_code", client_id=client, code=code, code_verifier=verifier, redirect_uri=CALLBACK)


class _Stop(urllib.request.HTTPRedirectHandler):
    """Follows redirects up to the application's."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if newurl.startswith(CALLBACK):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def http_error_default(self, req, fp, code, msg, hdrs):
        return fp


_Stop.handler_order = 400
