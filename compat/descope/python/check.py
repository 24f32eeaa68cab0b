"""What all groups of checks use: a check passes if its body does not raise."""

import json
import re

from descope import AuthException, RateLimitException

# The statuses of refusals. A name or id that does not exist may be seen as a
# bad request or as a thing that is missing.
BAD, UNPROVEN, FORBIDDEN, UNKNOWN, NO_METHOD = 400, 401, 403, 404, 405

USER_NOT_FOUND = "E112102"
USER_EXISTS = "E062107"
PASSWORD_EXPIRED = "E062909"
LOGGED_OUT = "E064001"
RATE_LIMITED = "E130429"

PASSWORD = "Correct-Horse-9-Battery"
CHANGED = "Another-Horse-7-Battery"

_passed = _failed = 0


def check(name, body):
    """Makes one check now, and prints how it went."""
    global _passed, _failed
    try:
        body()
    except Exception as why:  # the SDK lets other libraries' exceptions through
        _failed += 1
        print(f"FAIL {name}: {type(why).__name__} {' '.join(str(why).split())}", flush=True)
    else:
        _passed += 1
        print(f"ok {name}", flush=True)


def checks(name):
    """Makes a check of the function that it decorates."""
    return lambda body: check(name, body)


def end():
    """Prints the closing line, and returns the exit code."""
    print(f"{_passed} passed, {_failed} failed")
    return 1 if _failed else 0


def same(got, want, what="value"):
    if got != want or type(got) is not type(want):
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


def same_set(got, want, what="list"):
    """Compares lists whose order says nothing. A list that is missing is none."""
    if not isinstance(got, list):
        raise AssertionError(f"{what}: got {got!r}, want a list")
    same(sorted(got), sorted(want), what)


def holds(condition, what):
    if not condition:
        raise AssertionError(f"{what}: does not hold")


def refused(call, *statuses):
    """Fails unless a call raises the server's own refusal, with one of the
    statuses, as the SDK shows it. Returns what the server said."""
    try:
        got = call()
    except AuthException as e:
        if e.error_type != "server error":
            raise AssertionError(f"the SDK refused, not the server: {e}") from e
        if e.status_code not in statuses:
            raise AssertionError(f"got status {e.status_code} ({e.error_message}), want {statuses}") from e
        said = json.loads(e.error_message)
        holds(re.fullmatch("E[0-9]{6}", said["errorCode"]), f"E and six digits in {said}")
        holds(said["errorDescription"] and said["errorMessage"], f"description and message in {said}")
        return said
    raise AssertionError(f"accepted, want it refused with {statuses}: {got!r}")


def refused_as(code, call, *statuses):
    same(refused(call, *statuses)["errorCode"], code, "error code")


def rejects(call):
    """Fails unless a helper of the SDK finds a token wrong, by itself."""
    try:
        got = call()
    except Exception as e:
        return e
    raise AssertionError(f"accepted, want it rejected: {got!r}")


def limited(call):
    """Makes a call, and returns the SDK's exception if it came too often."""
    try:
        refused(call, UNPROVEN)
    except RateLimitException as e:
        return e
    return None


def one(found, what):
    """The only element of a list."""
    same(len(found), 1, f"number of {what}")
    return found[0]
