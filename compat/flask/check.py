"""What checks use: a check passes if its body does not raise."""

_passed = _failed = 0


def checks(name):
    """Makes a check of the function that it decorates, now."""

    def make(body):
        global _passed, _failed
        try:
            body()
        except Exception as why:
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


def holds(condition, what):
    if not condition:
        raise AssertionError(f"{what}: does not hold")
