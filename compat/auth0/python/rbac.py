"""Resource servers, roles, users, and what they hold."""

import re

from check import DATABASE, NOBODY, PASSWORD, checks, holds, refused, same, same_set


def named(identifier, *permissions):
    return [{"resource_server_identifier": identifier, "permission_name": name} for name in permissions]


def resource_servers(world):
    servers, identifier = world.management.resource_servers, "https://orders.example.com/v1"

    @checks("resource server: create, and read by id and by identifier")
    def _():
        made = world.api(identifier, "read:orders", "write:orders")
        for key in (made.id, identifier):
            got = servers.get(key)
            same((got.id, got.token_dialect, got.token_lifetime, got.signing_alg, len(got.scopes)), (made.id, "access_token_authz", 86400, "RS256", 2), "server")

    @checks("resource server: update, which replaces scopes")
    def _():
        got = servers.update(identifier, scopes=[{"value": "read:orders"}], token_lifetime=600)
        same(([s.value for s in got.scopes], got.identifier, got.token_lifetime), (["read:orders"], identifier, 600), "server")

    @checks("resource server: list, which has the Management API")
    def _():
        found = [rs.identifier for rs in servers.list()]
        holds(identifier in found and world.audience in found, "both are there")

    @checks("resource server: an identifier is unique; delete, twice")
    def _():
        refused(lambda: servers.create(identifier=identifier), 409)
        servers.delete(identifier)
        servers.delete(identifier)
        refused(lambda: servers.get(identifier), 404)


def roles(world):
    roles, identifier = world.management.roles, "https://stock.example.com"
    world.api(identifier, "read:stock", "write:stock")
    id = world.role("Keeper")

    def held():
        return [p.permission_name for p in roles.permissions.list(id)]

    @checks("role: create, read, update")
    def _():
        holds(re.fullmatch("rol_[A-Za-z0-9]{16}", id), f"the form of {id}")
        same(roles.update(id, description="Keeps").name, "Keeper", "name")
        same(roles.get(id).description, "Keeps", "description")

    @checks("role: list and filter, page by page")
    def _():
        want = [world.role(f"Paged {n}") for n in range(5)]
        page = roles.list(name_filter="paged", per_page=2)
        same((page.response.total, page.response.start, page.response.limit), (5, 0, 2), "totals")
        same_set([r.id for r in page], want, "roles")

    @checks("role: a name is unique")
    def _():
        refused(lambda: roles.create(name="Keeper"), 409)

    @checks("role permissions: add, list, remove")
    def _():
        roles.permissions.add(id, permissions=named(identifier, "read:stock", "write:stock"))
        same_set(held(), ["read:stock", "write:stock"], "permissions")
        roles.permissions.delete(id, permissions=named(identifier, "write:stock"))
        same_set(held(), ["read:stock"], "permissions")
        refused(lambda: roles.permissions.add(id, permissions=named(identifier, "burn:stock")), 400, 404)

    @checks("role users: assign, and list from checkpoint to checkpoint")
    def _():
        ids = [world.user(f"{n}@keepers.example.com") for n in "abc"]
        roles.users.assign(id, users=ids)
        same_set([u.user_id for u in roles.users.list(id, take=2)], ids, "users")

    @checks("role: delete, and then it does not exist")
    def _():
        roles.delete(id)
        refused(lambda: roles.get(id), 404, message="The role does not exist.")
        refused(lambda: roles.delete(id), 404)


def users(world):
    users = world.management.users
    made = users.create(
        connection=DATABASE, email="Grace@example.com", password=PASSWORD, given_name="Grace",
        app_metadata={"plan": "pro", "limits": {"seats": 5}}, user_metadata={"colour": "red", "size": 3},
    )
    id = made.user_id

    @checks("user: create with metadata, and read")
    def _():
        holds(re.fullmatch(r"auth0\|[0-9a-f]{24}", id), f"the form of {id}")
        got = users.get(id)
        same((got.email, got.nickname, got.email_verified, got.given_name), ("grace@example.com", "grace", False, "Grace"), "profile")
        same((got.identities[0].connection, got.identities[0].user_id), (DATABASE, id.split("|")[1]), "identity")
        same((got.app_metadata, got.user_metadata), ({"plan": "pro", "limits": {"seats": 5}}, {"colour": "red", "size": 3}), "metadata")

    @checks("user: update merges metadata at the first level, and null removes")
    def _():
        got = users.update(id, name="Grace Hopper", app_metadata={"limits": {"disks": 2}}, user_metadata={"colour": None})
        same((got.name, got.app_metadata, got.user_metadata), ("Grace Hopper", {"plan": "pro", "limits": {"disks": 2}}, {"size": 3}), "user")

    @checks("user: block, and some fields alone")
    def _():
        users.update(id, blocked=True)
        got = users.get(id, fields="email,blocked", include_fields=True)
        same((got.email, got.blocked, got.name), ("grace@example.com", True, None), "fields")

    @checks("user: by address, or nobody; an id of one's own")
    def _():
        same([u.user_id for u in users.list_users_by_email(email="GRACE@example.com")], [id], "found")
        same(users.list_users_by_email(email="nobody@example.com"), [], "nobody")
        same(world.user("own@example.com", user_id="507f1f77bcf86cd799439020"), "auth0|507f1f77bcf86cd799439020", "id")

    @checks("user: an address is taken; a password is weak")
    def _():
        refused(lambda: users.create(connection=DATABASE, email="grace@example.com", password=PASSWORD), 409, message="The user already exists.")
        refused(lambda: users.create(connection=DATABASE, email="weak@example.com", password="abc"), 400)
        same(users.list_users_by_email(email="weak@example.com"), [], "nobody was made")

    @checks("user: delete, twice")
    def _():
        users.delete(id)
        users.delete(id)
        refused(lambda: users.get(id), 404, message="The user does not exist.")


def search(world):
    users = world.management.users
    for name in ("lin", "lou", "max"):
        world.user(f"{name}@search.example.com", name=f"{name} Search", app_metadata={"plan": "pro" if name == "lin" else "free"})
    for query, want in (
        ('email:"lin@search.example.com"', ["lin"]),
        ('name:*search* AND NOT email:"max@search.example.com"', ["lin", "lou"]),
        ('app_metadata.plan:"free" AND email:*@search.example.com', ["lou", "max"]),
    ):

        @checks(f"search: {query}")
        def _():
            same_set([u.email.split("@")[0] for u in users.list(q=query, search_engine="v3")], want, "found")

    @checks("search: sorted, page by page; a query that can't be read is refused")
    def _():
        same([u.email.split("@")[0] for u in users.list(q="email:*@search.example.com", sort="email:-1", per_page=2)], ["max", "lou", "lin"], "found")
        refused(lambda: users.list(q='email:"unclosed'), 400)


def holdings(world):
    users, identifier = world.management.users, "https://held.example.com"
    world.api(identifier, "read:it", "write:it")
    id, one, two = world.user("holder@example.com"), world.role("One"), world.role("Two", identifier, "read:it")

    @checks("user roles: assign, list, remove")
    def _():
        users.roles.assign(id, roles=[one, two])
        same_set([r.name for r in users.roles.list(id)], ["One", "Two"], "roles")
        users.roles.delete(id, roles=[one])
        same([r.name for r in users.roles.list(id)], ["Two"], "roles")
        refused(lambda: users.roles.assign(NOBODY, roles=[one]), 404, message="The user does not exist.")
        refused(lambda: users.roles.assign(id, roles=["rol_0000000000000000"]), 400, 404)

    @checks("user permissions: direct and by role, with their sources")
    def _():
        users.permissions.create(id, permissions=named(identifier, "write:it"))
        found = {p.permission_name: p.sources for p in users.permissions.list(id)}
        same({name: [s["source_type"] for s in sources] for name, sources in found.items()}, {"read:it": ["ROLE"], "write:it": ["DIRECT"]}, "sources")
        users.permissions.delete(id, permissions=named(identifier, "write:it"))
        same([p.permission_name for p in users.permissions.list(id)], ["read:it"], "permissions")

    @checks("user: effective roles and permissions")
    def _():
        same([r.name for r in users.effective_roles.list(id)], ["Two"], "roles")
        same([p.permission_name for p in users.effective_permissions.list(id, resource_server_identifier=identifier)], ["read:it"], "permissions")

    @checks("user: logs, sessions, refresh tokens")
    def _():
        holds(len(list(users.logs.list(id))) > 0, "there are logs")
        same(list(users.sessions.list(id)), [], "sessions")
        users.sessions.delete(id)
        users.refresh_token.delete(id)
