"""This program makes every call of the Descope Python SDK that Rolecall answers,
good and bad, against the server named by the JSON file in ROLECALL_DEV_INFO."""

import json
import logging
import os
import sys
import warnings

import httpx
from descope import DescopeClient

import keys
import rbac
import sessions
import sso
import tenants
import users
import wire
from check import PASSWORD, end


class SDK:
    """What all groups of checks share."""

    def __init__(self, server):
        self.server = server
        self.auth = self.client()
        self.mgmt = self.auth.mgmt

    def client(self, **change):
        """An SDK client, changed by base URL, project id and management key, and
        nothing else."""
        options = {"project_id": self.server["project_id"], "management_key": self.server["management_key"], "base_url": self.server["url"]}
        return DescopeClient(**(options | change))

    def post(self, path, body):
        """Makes a call that the SDK can't make, and returns the status."""
        bearer = f"Bearer {self.server['project_id']}:{self.server['management_key']}"
        return httpx.post(self.server["url"].rstrip("/") + path, json=body, headers={"Authorization": bearer}).status_code

    def new_user(self, login, **options):
        """Makes a user who signs in with the password."""
        user = self.mgmt.user.create(login, **options)["user"]
        self.mgmt.user.set_active_password(login, PASSWORD)
        return user

    def sign_in(self, login):
        return self.auth.password.sign_in(login, PASSWORD)


def main():
    warnings.simplefilter("ignore", DeprecationWarning)
    logging.disable(logging.CRITICAL)
    wire.watch()
    with open(os.environ["ROLECALL_DEV_INFO"], encoding="utf-8") as f:
        sdk = SDK(json.load(f))
    for group in (
        rbac.permissions, rbac.roles, rbac.tenant_roles, rbac.memberships,
        rbac.permission_batches, rbac.role_batches, rbac.role_search,
        tenants.tenants, tenants.deletion,
        users.users, users.changes, users.batches, users.search,
        sessions.passwords, sessions.sessions, sessions.claims, sessions.selection, sessions.endings, sessions.managed,
        keys.access_keys, keys.exchange,
        sso.sso, sso.audit, sso.others,
        keys.credentials, wire.transport, sessions.limits,
    ):
        group(sdk)
    return end()


if __name__ == "__main__":
    sys.exit(main())
