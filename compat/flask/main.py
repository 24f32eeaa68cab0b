"""This program moves the policy of an app on Flask-Perm to the server named by the
JSON file in ROLECALL_DEV_INFO, with the command line in ROLECALL, and then asks
the app who may do what."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

import export
from blog import create_app
from check import checks, end, holds, same
from perm import Anonymous, Denied, Perm, Unavailable

with open(os.environ["ROLECALL_DEV_INFO"]) as file:
    info = json.load(file)
server = info["url"]


def rolecall(*arguments, stdin=None):
    environment = {**os.environ, "ROLECALL_SERVER": server, "ROLECALL_KEY": info["management_key"]}
    run = subprocess.run([os.environ["ROLECALL"], *arguments], input=stdin, env=environment, capture_output=True, text=True)
    if run.returncode:
        raise AssertionError(f"rolecall {' '.join(arguments)}: {run.stderr or run.stdout}")
    return run.stdout.strip()


def exported(folder):
    """What export.py prints of the tables, on both streams."""
    path = os.path.join(folder, "app.db")
    with contextlib.closing(sqlite3.connect(path)) as db:
        with open("tables.sql") as tables:
            db.executescript(tables.read())
    run = subprocess.run([sys.executable, export.__file__, path], capture_output=True, text=True, check=True)
    return run.stdout, run.stderr


with tempfile.TemporaryDirectory() as folder:
    found, left_out = exported(folder)


@checks("the tables of Flask-Perm are imported")
def _():
    same(rolecall("import", "-", stdin=found), "imported 15 lines")
    same(left_out.count("left out: "), 4, "lines left out")
    holds('"Never named"' in left_out and '"subject": "4"' in left_out, "what is left out is named")


key = rolecall("key", "create", "blog", "--role", "Auditor")
app = create_app(server, key, ROLECALL_TIMEOUT=60)  # a busy machine is not a server that does not answer


def ask(who, path, method="GET", of=app):
    return of.test_client().open(path, method=method, headers={"X-User": who} if who else {})


# Who may do what: nobody, then ann (moderator and author), bob (author), cleo
# (one direct permission) and dan (of a group that is gone).
for method, path, want in [
    ("GET", "/", (200, 200, 200, 200, 200)),
    ("POST", "/posts", (401, 201, 201, 403, 403)),
    ("DELETE", "/posts/1", (401, 200, 403, 200, 403)),
    ("GET", "/reports", (401, 200, 403, 403, 403)),
    ("GET", "/drafts", (401, 200, 200, 200, 403)),
]:

    @checks(f"{method} {path} is answered to whom it should be")
    def _():
        same(tuple(ask(who, path, method).status_code for who in (None, "ann", "bob", "cleo", "dan")), want)


@checks("templates show what may be done")
def _():
    for who, button, link in [("ann", True, True), ("bob", True, False), ("cleo", False, False), (None, False, False)]:
        page = ask(who, "/").text
        same(("<button>" in page, "<a " in page), (button, link), str(who))


@checks("what is taken away is gone with the next request")
def _():
    rolecall("unassign", "authors", "2")
    same(ask("bob", "/posts", "POST").status_code, 403)
    rolecall("assign", "authors", "2")
    same(ask("bob", "/posts", "POST").status_code, 201)


perm = app.extensions["perm"]


@checks("has_permission and has_permissions")
def _():
    same(perm.has_permission(1, "post.create"), True)
    same(perm.has_permission(1, "post.delete"), False)
    same(perm.has_permission(1, "no.such"), False)
    same(perm.has_permissions(3, "post.create", "post.delete"), True)
    same(perm.has_permissions(4, "*"), False)
    same(perm.has_permissions(99, "*", "post.create"), False)


@checks("get_user_permissions, from groups and direct")
def _():
    same(sorted(p["code"] for p in perm.get_user_permissions(1)), ["post.create", "post.moderate"])
    same([p["code"] for p in perm.get_user_permissions(3)], ["post.delete"])


@checks("is_user_in_groups")
def _():
    same(perm.is_user_in_groups(2, "authors"), True)
    same(perm.is_user_in_groups(2, "moderators", "no.such"), False)
    same(perm.is_user_in_groups(2, "*"), True)
    same(perm.is_user_in_groups(3, "*"), False)
    same(perm.is_user_in_groups(2), False)


@checks("an app may handle Denied itself")
def _():
    own = create_app(server, key)
    own.register_error_handler(Denied, lambda why: ("FORBIDDEN", 403))
    for who in (None, "dan"):
        answer = ask(who, "/posts", "POST", own)
        same((answer.status_code, answer.text), (403, "FORBIDDEN"))
    holds(issubclass(Perm.Denied, Exception) and issubclass(Anonymous, Perm.Denied), "every refusal is Perm.Denied")


@checks("a guard without names is refused when it is made")
def _():
    for guard in (perm.require_permission, perm.require_group):
        try:
            guard()
        except ValueError:
            continue
        raise AssertionError(f"{guard.__name__}() is accepted")


@checks("a server that does not answer, and a key that is refused, deny")
def _():
    for of in (create_app("http://127.0.0.1:1", key), create_app(server, "no-such-key")):
        answer = ask("ann", "/posts", "POST", of)
        same(answer.status_code, Unavailable.status)
        holds(key not in answer.text, "the answer does not show the key")


sys.exit(end())
