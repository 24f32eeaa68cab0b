"""Prints what Flask-Perm's tables in a SQLite file hold, as the lines that
`rolecall import` reads:

    python export.py app.db | rolecall import -

A permission or group without a code, which no guard can name, and what refers to
it or to nothing, is left out, and named on standard error."""

import json
import sqlite3
import sys

PERMISSIONS = "SELECT code, title FROM perm_permission ORDER BY id"
GROUPS = "SELECT code, title FROM perm_user_group ORDER BY id"
USERS = """
SELECT user_id FROM perm_user_group_member UNION SELECT user_id FROM perm_user_permission ORDER BY user_id"""
GRANTS = """
SELECT g.code, p.code FROM perm_user_group_permission
LEFT JOIN perm_user_group g ON g.id = user_group_id LEFT JOIN perm_permission p ON p.id = permission_id"""
MEMBERS = """
SELECT user_id, g.code FROM perm_user_group_member LEFT JOIN perm_user_group g ON g.id = user_group_id"""
DIRECT = """
SELECT user_id, p.code FROM perm_user_permission LEFT JOIN perm_permission p ON p.id = permission_id"""


def lines(db):
    for code, title in db.execute(PERMISSIONS):
        yield {"kind": "permission", "id": code, "name": code, "description": title}
    for code, title in db.execute(GROUPS):
        yield {"kind": "role", "id": code, "name": title or code}
    for (user,) in db.execute(USERS):
        yield {"kind": "user", "id": str(user)}
    for group, permission in db.execute(GRANTS):
        yield {"kind": "grant", "role": group, "permission": permission}
    for user, group in db.execute(MEMBERS):
        yield {"kind": "assignment", "subject": str(user), "role": group}
    for user, permission in db.execute(DIRECT):
        yield {"kind": "direct_grant", "subject": str(user), "permission": permission}


def main(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for line in lines(db):
        if None in line.values() or "" in (line.get("id"), line.get("role"), line.get("permission")):
            print("left out:", json.dumps(line), file=sys.stderr)
        else:
            print(json.dumps(line))


if __name__ == "__main__":
    main(sys.argv[1])
