"""Clients, grants, connections, organizations, and what runs beside them."""

from check import DATABASE, checks, holds, refused, same, same_set


def clients(world):
    clients = world.management.clients
    made = clients.create(name="Website")

    @checks("client: create with a name only")
    def _():
        same(len(made.client_secret), 64, "length of the secret")
        same_set(made.grant_types, ["authorization_code", "implicit", "refresh_token", "client_credentials"], "grant types")
        same((made.is_first_party, made.jwt_configuration.lifetime_in_seconds), (True, 36000), "defaults")

    @checks("client: update and read")
    def _():
        change = {
            "app_type": "spa", "token_endpoint_auth_method": "none", "callbacks": ["https://app.example.com"], "web_origins": ["https://app.example.com"],
            "allowed_logout_urls": ["https://app.example.com"], "allowed_origins": ["https://app.example.com"],
            "grant_types": ["authorization_code", "refresh_token"], "client_metadata": {"team": "web"}, "organization_usage": "allow",
        }
        same(clients.update(made.client_id, **change).name, "Website", "name")
        got = clients.get(made.client_id)
        same({name: getattr(got, name) for name in change}, change, "client")

    @checks("client: another secret; list; connections")
    def _():
        holds(clients.rotate_secret(made.client_id).client_secret != made.client_secret, "another secret")
        holds(made.client_id in [c.client_id for c in clients.list(app_type="spa")], "there")
        holds(DATABASE in [c.name for c in clients.connections.get(made.client_id)], "the database")

    @checks("client: what can't be is refused; delete, twice")
    def _():
        refused(lambda: clients.update(made.client_id, callbacks=["not an address"]), 400)
        clients.delete(made.client_id)
        clients.delete(made.client_id)
        refused(lambda: clients.get(made.client_id), 404)


def grants(world):
    grants, audience = world.management.client_grants, "https://granted.example.com"
    world.api(audience, "read:it", "write:it")
    client = world.application("Granted", "client_credentials").client_id

    @checks("client grant: create, read, update, list, delete")
    def _():
        id = grants.create(client_id=client, audience=audience, scope=["read:it"]).id
        refused(lambda: grants.create(client_id=client, audience=audience, scope=["read:it"]), 409)
        got = grants.get(id)
        same((got.client_id, got.audience, got.scope, got.subject_type), (client, audience, ["read:it"], "client"), "grant")
        same(grants.update(id, scope=["write:it"]).scope, ["write:it"], "scope")
        refused(lambda: grants.update(id, scope=["burn:it"]), 400)
        same([g.id for g in grants.list(client_id=client)], [id], "list")
        grants.delete(id)
        grants.delete(id)
        same(list(grants.list(audience=audience)), [], "list")


def connections(world):
    connections = world.management.connections

    @checks("connection: the database is there from the start")
    def _():
        (found,) = connections.list(name=DATABASE, strategy=["auth0"])
        got = connections.get(found.id)
        same((got.name, got.strategy, got.realms), (DATABASE, "auth0", [DATABASE]), "connection")

    @checks("connection: clients, off and on")
    def _():
        (found,) = connections.list(name=DATABASE)
        client = world.application("Connected", "password").client_id
        for status in (False, True):
            connections.clients.update(found.id, request=[{"client_id": client, "status": status}])
            same(client in [c.client_id for c in connections.clients.get(found.id, take=1)], status, "enabled")

    @checks("connection: create, update, delete")
    def _():
        made = connections.create(name="Second-Database", strategy="auth0")
        refused(lambda: connections.create(name="Second-Database", strategy="auth0"), 409)
        connections.update(made.id, options={"disable_signup": True})
        same(connections.get(made.id).options["disable_signup"], True, "sign-up is off")
        connections.delete(made.id)
        refused(lambda: connections.get(made.id), 404, message="The connection does not exist")


def organizations(world):
    organizations = world.management.organizations
    id = organizations.create(name="acme", display_name="Acme", metadata={"plan": "pro"}).id

    @checks("organization: update, read by id and by name")
    def _():
        organizations.update(id, display_name="Acme Inc.")
        for got in (organizations.get(id), organizations.get_by_name("acme")):
            same((got.id, got.name, got.display_name, got.metadata), (id, "acme", "Acme Inc.", {"plan": "pro"}), "organization")

    @checks("organization: list from checkpoint to checkpoint")
    def _():
        for n in range(4):
            organizations.create(name=f"paged-{n}")
        same_set([o.name for o in organizations.list(take=2)], ["acme"] + [f"paged-{n}" for n in range(4)], "organizations")

    @checks("organization: a name is unique and lower-case")
    def _():
        refused(lambda: organizations.create(name="acme"), 409)
        refused(lambda: organizations.create(name="Not A Name"), 400)

    @checks("members: add, list, their roles, remove")
    def _():
        member, admin = world.user("member@example.com"), world.role("Admin there")
        organizations.members.create(id, members=[member])
        organizations.members.roles.assign(id, member, roles=[admin])
        same([m.user_id for m in organizations.members.list(id)], [member], "members")
        (shown,) = organizations.members.list(id, fields="user_id,roles", include_fields=True)
        same([(r.id, r.name) for r in shown.roles], [(admin, "Admin there")], "with their roles")
        same([r.name for r in organizations.members.roles.list(id, member)], ["Admin there"], "roles")
        same([r.name for r in organizations.members.effective_roles.list(id, member)], ["Admin there"], "effective roles")
        same([o.name for o in world.management.users.organizations.list(member)], ["acme"], "organizations")
        same(list(world.management.users.roles.list(member)), [], "roles outside")
        organizations.members.roles.delete(id, member, roles=[admin])
        same(list(organizations.members.roles.list(id, member)), [], "roles")
        organizations.members.delete(id, members=[member])
        same(list(organizations.members.list(id)), [], "members")

    @checks("enabled connection: add, read, update, list, remove")
    def _():
        (connection,) = world.management.connections.list(name=DATABASE)
        enabled = organizations.enabled_connections
        enabled.add(id, connection_id=connection.id, assign_membership_on_login=True)
        got = enabled.get(id, connection.id)
        same((got.assign_membership_on_login, got.connection.name), (True, DATABASE), "connection")
        enabled.update(id, connection.id, assign_membership_on_login=False)
        same([c.assign_membership_on_login for c in enabled.list(id)], [False], "list")
        enabled.delete(id, connection.id)
        refused(lambda: enabled.get(id, connection.id), 404, message="No connection found by that id")

    @checks("organization's client grant: add, list, remove")
    def _():
        audience = "https://organized.example.com"
        world.api(audience, "read:it")
        client = world.application("Organized", "client_credentials").client_id
        grant = world.management.client_grants.create(client_id=client, audience=audience, scope=["read:it"], organization_usage="allow").id
        organizations.client_grants.create(id, grant_id=grant)
        same([g.id for g in organizations.client_grants.list(id)], [grant], "grants")
        organizations.client_grants.delete(id, grant)

    @checks("organization: delete, and then it does not exist")
    def _():
        organizations.delete(id)
        refused(lambda: organizations.get(id), 404, message="No organization found by that id or name")
        refused(lambda: organizations.delete(id), 404)


def invitations(world):
    invitations = world.management.organizations.invitations
    id = world.management.organizations.create(name="inviting").id
    app, role = world.application("Invites", "authorization_code"), world.role("Invited")

    @checks("invitation: create, read, list, delete")
    def _():
        made = invitations.create(
            id, inviter={"name": "Ada"}, invitee={"email": "new@example.com"}, client_id=app.client_id, roles=[role], send_invitation_email=False,
        )
        holds(made.invitation_url.startswith(f"https://app.example.com/login?invitation={made.ticket_id}&organization={id}"), f"the link {made.invitation_url}")
        got = invitations.get(id, made.id)
        same((got.invitee.email, got.inviter.name, got.roles), ("new@example.com", "Ada", [role]), "invitation")
        same([i.id for i in invitations.list(id)], [made.id], "list")
        invitations.delete(id, made.id)
        refused(lambda: invitations.get(id, made.id), 404, message="The invitation does not exist.")


def operations(world):
    user = world.user("operated@example.com")

    @checks("logs: list, and one by its id")
    def _():
        page = world.management.logs.list(per_page=3)
        same(len(page.items), 3, "entries")
        same(world.management.logs.get(page.items[1].log_id).log_id, page.items[1].log_id, "id")

    @checks("tickets and jobs")
    def _():
        tickets = world.management.tickets
        for made in (tickets.change_password(user_id=user), tickets.verify_email(user_id=user)):
            holds(made.ticket.startswith(world.url), "a link to the server")
        holds(world.management.jobs.verification_email.create(user_id=user).id.startswith("job_"), "a job")


def refusals(world):
    @checks("refused: what is no token, and a forged one")
    def _():
        refused(lambda: list(world.manage(token="nonsense").roles.list()), 400)
        refused(lambda: list(world.manage(token="eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.").roles.list()), 401)

    @checks("refused: a scope that the token lacks")
    def _():
        app = world.application("Reads roles", "client_credentials")
        world.management.client_grants.create(client_id=app.client_id, audience=world.audience, scope=["read:roles"])
        theirs = world.manage(client_id=app.client_id, client_secret=app.client_secret)
        list(theirs.roles.list())
        refused(lambda: theirs.roles.create(name="Theirs"), 403, message="Insufficient scope, expected any of: create:roles")

    @checks("refused: a page that is too large")
    def _():
        refused(lambda: world.management.roles.list(per_page=101), 400)
