"""What all groups of checks use: a check passes if its body does not raise."""

from auth0.authentication.exceptions import Auth0Error
from auth0.management.core.api_error import ApiError

DATABASE = "Username-Password-Authentication"
PASSWORD = "Correct-Horse-9-Battery"
NOBODY = "auth0|000000000000000000000000"

_passed = _failed = 0


def checks(name):
    """Makes a check of the function that it decorates, now."""

    def make(body):
        global _passed, _failed
        try:
            body()
        except Exception as why:  # the SDK lets other libraries' exceptions through
            _failed += 1
            print(f"FAIL {name}: {type(why).__name__} {' '.join(str(why).split())}", flush=True)
        else:
            _passed += 1
            print(f"ok {name}", flush=True)

    return make


def end():
    """Prints the closing line, and returns the exit code."""
    print(f"{_passed} passed, {_failed} failed")
    return 1 if _failed else 0


def same(got, want, what="value"):
    if got != want or type(got) is not type(want):
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


def same_set(got, want, what="list"):
    """Compares lists whose order says nothing."""
    same(sorted(got), sorted(want), what)


def holds(condition, what):
    if not condition:
        raise AssertionError(f"{what}: does not hold")


def refused(call, *statuses, message=None):
    """Fails unless a call of the Management API is refused with one of the
    statuses, and the message."""
    try:
        got = call()
    except ApiError as e:
        if e.status_code not in statuses:
            raise AssertionError(f"got status {e.status_code} ({e.body}), want {statuses}") from e
        same(e.body["statusCode"], e.status_code, "statusCode in the body")
        if message:
            same(e.body["message"], message, "message in the body")
        return
    raise AssertionError(f"accepted, want it refused with {statuses}: {got!r}")


def denied(call, status, code, message=None):
    """Fails unless a call of the Authentication API is refused with a code."""
    try:
        got = call()
    except Auth0Error as e:
        same((e.status_code, e.error_code), (status, code), str(e))
        if message:
            same(e.message, message, "message")
        return
    raise AssertionError(f"accepted, want it refused with {status} {code}: {got!r}")
