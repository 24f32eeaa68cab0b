"""This program makes the calls of Auth0's Python SDK that Rolecall answers, good
and bad, against the server named by the JSON file in ROLECALL_DEV_INFO.
SSL_CERT_FILE and REQUESTS_CA_BUNDLE name the authority to trust."""

import json
import os
import sys
import urllib.parse

from auth0.authentication import Database, GetToken, RevokeToken, Users
from auth0.management import ManagementClient

import authentication
import rbac
import things
from check import DATABASE, PASSWORD, end


class World:
    """What all groups of checks share. Clients are changed by domain and
    credentials, and nothing else."""

    def __init__(self, server):
        self.url, self.domain = server["url"], urllib.parse.urlsplit(server["url"]).netloc
        self.audience = f"{self.url}api/v2/"
        self.management = self.manage(client_id=server["management_client_id"], client_secret=server["management_client_secret"])
        self.userinfo = Users(self.domain).userinfo

    def manage(self, **credentials):
        return ManagementClient(domain=self.domain, **credentials)

    def tokens(self, app):
        return GetToken(self.domain, app.client_id, client_secret=app.client_secret)

    def revoker(self, app):
        return RevokeToken(self.domain, app.client_id, client_secret=app.client_secret)

    def database(self, app):
        return Database(self.domain, app.client_id)

    def api(self, identifier, *permissions, **change):
        """Makes a resource server that enforces RBAC, with permissions in tokens."""
        options = {"enforce_policies": True, "token_dialect": "access_token_authz"} | change
        scopes = [{"value": name, "description": f"May {name}"} for name in permissions]
        return self.management.resource_servers.create(identifier=identifier, name=f"API {identifier}", scopes=scopes, **options)

    def role(self, name, identifier=None, *permissions):
        """Makes a role with permissions of an API, and returns its id."""
        role = self.management.roles.create(name=name, description=name)
        if permissions:
            self.management.roles.permissions.add(role.id, permissions=rbac.named(identifier, *permissions))
        return role.id

    def user(self, email, **options):
        """Makes a user who signs in with the password, and returns the id."""
        return self.management.users.create(connection=DATABASE, email=email, password=PASSWORD, **options).user_id

    def application(self, name, *grants, **options):
        """Makes a client that may use grants."""
        return self.management.clients.create(
            name=name, grant_types=list(grants), app_type="regular_web", callbacks=["https://app.example.com/callback"],
            initiate_login_uri="https://app.example.com/login", **options,
        )


def main():
    with open(os.environ["ROLECALL_DEV_INFO"]) as f:
        world = World(json.load(f))
    for group in (
        rbac.resource_servers, rbac.roles, rbac.users, rbac.search, rbac.holdings,
        things.clients, things.grants, things.connections, things.organizations, things.invitations, things.operations, things.refusals,
        authentication.machines, authentication.passwords, authentication.refresh, authentication.signup, authentication.codes, authentication.tokens,
    ):
        group(world)
    return end()


if __name__ == "__main__":
    sys.exit(main())
