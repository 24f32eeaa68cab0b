"""Looks at every answer on its way to the SDK, and notes what no SDK may be
sent: some would not show it, others would break."""

import json

import httpx

from check import checks, holds, same

complaints = set()
_licensed = 0


def watch():
    send = httpx.Client.send

    def watched(client, request, **options):
        global _licensed
        response = send(client, request, **options)
        response.read()
        _licensed += "x-descope-license" in request.headers
        complaints.update(f"{request.method} {request.url.path}: {c}" for c in complain(response))
        return response

    httpx.Client.send = watched


def complain(response):
    """Each answer is JSON, without null, and each refusal has the three texts."""
    if not response.headers.get("content-type", "").startswith("application/json"):
        yield f"content type {response.headers.get('content-type')}"
    try:
        answer = json.loads(response.content)
    except ValueError:
        yield f"status {response.status_code}, no JSON"
        return
    for path in nulls("", answer):
        yield f"null at {path}"
    if response.status_code >= 300:
        for key in ("errorCode", "errorDescription", "errorMessage"):
            if not (isinstance(answer, dict) and isinstance(answer.get(key), str) and answer[key]):
                yield f"status {response.status_code} without {key}"


def nulls(path, value):
    """The paths of all nulls. Elements of a list have one path."""
    if value is None:
        yield path
    elif isinstance(value, list):
        for element in value:
            yield from nulls(f"{path}[]", element)
    elif isinstance(value, dict):
        for key, element in value.items():
            yield from nulls(f"{path}.{key}", element)


def transport(sdk):
    """The last word on all answers of all groups before it."""

    @checks("every answer is JSON without null, every refusal has code, description and message")
    def _():
        holds(not complaints, "; ".join(sorted(complaints)))

    @checks("the license handshake names a tier, which the SDK then sends")
    def _():
        holds(_licensed > 0, "requests with a license")

    for ends, url in (("ends in a slash", sdk.server["url"].rstrip("/") + "/"), ("does not end in a slash", sdk.server["url"].rstrip("/"))):

        @checks(f"a base URL that {ends} works")
        def _():
            sdk.client(base_url=url).mgmt.role.load_all()

    for path in ("/v1/mgmt/nothing", "/v2/mgmt/nothing", "/v1/auth/nothing", "/v2/auth/nothing", "/v1/mgmt/role/nothing/at/all"):

        @checks(f"a call that Rolecall lacks is refused as Descope refuses, at {path}")
        def _():
            same(sdk.post(path, {}), 404, "status")
