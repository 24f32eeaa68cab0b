"""The calls of the vendor's page on roles and permissions."""

from check import BAD, FORBIDDEN, UNKNOWN, USER_NOT_FOUND, checks, holds, one, refused, refused_as, same, same_set


def permission(sdk, name):
    return one([p for p in sdk.mgmt.permission.load_all()["permissions"] if p["name"] == name], f"permissions {name}")


def has_permission(sdk, name):
    return any(p["name"] == name for p in sdk.mgmt.permission.load_all()["permissions"])


def find_roles(sdk, name, tenant=""):
    return [r for r in sdk.mgmt.role.load_all()["roles"] if r["name"] == name and r["tenantId"] == tenant]


def role(sdk, name, tenant=""):
    return one(find_roles(sdk, name, tenant), f"roles {name} in tenant {tenant!r}")


def membership(user, tenant):
    return one([t for t in user["userTenants"] if t["tenantId"] == tenant], f"memberships in {tenant}")


def permissions(sdk):
    m = sdk.mgmt.permission

    @checks("permission: create, and load all has it, with an id")
    def _():
        m.create("Notes Read", "reads notes")
        p = permission(sdk, "Notes Read")
        same((p["description"], p["systemDefault"]), ("reads notes", False))
        holds(p["id"], "an id")

    @checks("permission: create without a description")
    def _():
        m.create("notes.write")
        same(permission(sdk, "notes.write")["description"], "", "description")

    @checks("permission: a name that is taken is refused")
    def _():
        refused(lambda: m.create("notes.write", "again"), BAD)

    @checks("permission: an empty name is refused")
    def _():
        refused(lambda: m.create(""), BAD)

    @checks("permission: a name too long is refused")
    def _():
        refused(lambda: m.create("x" * 5000), BAD)

    @checks("permission: update replaces name and description and keeps the id")
    def _():
        before = permission(sdk, "Notes Read")["id"]
        m.update("Notes Read", "notes.read", "shows notes")
        p = permission(sdk, "notes.read")
        same((p["id"], p["description"]), (before, "shows notes"))
        holds(not has_permission(sdk, "Notes Read"), "the old name is gone")

    @checks("permission: update to the same name clears a missing description")
    def _():
        m.update("notes.read", "notes.read")
        same(permission(sdk, "notes.read")["description"], "", "description")

    @checks("permission: update by id")
    def _():
        m.update_by_id(permission(sdk, "notes.read")["id"], "notes.read", "by id")
        same(permission(sdk, "notes.read")["description"], "by id", "description")

    @checks("permission: update to a name that is taken is refused, and changes nothing")
    def _():
        refused(lambda: m.update("notes.read", "notes.write"), BAD)
        holds(has_permission(sdk, "notes.read"), "nothing changed")

    @checks("permission: update to an empty name is refused")
    def _():
        refused(lambda: m.update("notes.read", ""), BAD)

    @checks("permission: update of an unknown name is refused")
    def _():
        refused(lambda: m.update("nothing", "something"), BAD, UNKNOWN)

    @checks("permission: update of an unknown id is refused")
    def _():
        refused(lambda: m.update_by_id("PERMnothing", "something"), BAD, UNKNOWN)

    for how, delete in (("", m.delete), (" by id", lambda name: m.delete_by_id(permission(sdk, name)["id"]))):

        @checks(f"permission: delete{how}")
        def _():
            m.create("notes.burn")
            delete("notes.burn")
            holds(not has_permission(sdk, "notes.burn"), "it is gone")

    @checks("permission: delete of an unknown name is refused")
    def _():
        refused(lambda: m.delete("nothing"), BAD, UNKNOWN)

    @checks("permission: delete of an unknown id is refused")
    def _():
        refused(lambda: m.delete_by_id("PERMnothing"), BAD, UNKNOWN)


def roles(sdk):
    m = sdk.mgmt.role

    @checks("role: create with permissions")
    def _():
        m.create("Reader", "may read", ["notes.read"])
        r = role(sdk, "Reader")
        same((r["description"], r["permissionNames"], r["default"], r["private"]), ("may read", ["notes.read"], False, False))
        holds(r["id"] and r["createdTime"] > 1_700_000_000, "an id, and a time in seconds")

    @checks("role: create without permissions has none, not null")
    def _():
        m.create("Nobody")
        r = role(sdk, "Nobody")
        same((r["description"], r["permissionNames"], r["tenantId"]), ("", [], ""))

    @checks("role: create as default and private")
    def _():
        m.create("Flagged", default=True, private=True)
        r = role(sdk, "Flagged")
        same((r["default"], r["private"]), (True, True))

    @checks("role: update clears the flags that it does not repeat")
    def _():
        m.update("Flagged", "Flagged")
        r = role(sdk, "Flagged")
        same((r["default"], r["private"]), (False, False))

    @checks("role: a name that is taken is refused")
    def _():
        refused(lambda: m.create("Reader"), BAD)

    @checks("role: an empty name is refused")
    def _():
        refused(lambda: m.create(""), BAD)

    @checks("role: an unknown permission is refused, and no role is made")
    def _():
        refused(lambda: m.create("Ghost", permission_names=["nothing"]), BAD, UNKNOWN)
        same(find_roles(sdk, "Ghost"), [], "roles")

    @checks("role: an unknown tenant is refused")
    def _():
        refused(lambda: m.create("Ghost", tenant_id="no-such-tenant"), BAD, UNKNOWN)

    @checks("role: update replaces all and keeps the id")
    def _():
        before = role(sdk, "Nobody")["id"]
        m.update("Nobody", "Editor", "may edit", ["notes.read", "notes.write"])
        r = role(sdk, "Editor")
        same((r["id"], r["description"]), (before, "may edit"))
        same_set(r["permissionNames"], ["notes.read", "notes.write"], "permissions")
        same(find_roles(sdk, "Nobody"), [], "roles of the old name")

    @checks("role: update without permissions and description clears them")
    def _():
        m.update("Editor", "Editor")
        r = role(sdk, "Editor")
        same((r["permissionNames"], r["description"]), ([], ""))

    @checks("role: update by id")
    def _():
        m.update_by_id(role(sdk, "Editor")["id"], "Editor", "by id", ["notes.read", "notes.write"])
        same(role(sdk, "Editor")["description"], "by id", "description")

    @checks("role: update to a name that is taken is refused")
    def _():
        refused(lambda: m.update("Editor", "Reader"), BAD)

    @checks("role: update of an unknown name is refused")
    def _():
        refused(lambda: m.update("Ghost", "Ghost"), BAD, UNKNOWN)

    @checks("role: update of an unknown id is refused")
    def _():
        refused(lambda: m.update_by_id("ROLnothing", "Ghost"), BAD, UNKNOWN)

    @checks("role: update with an unknown permission is refused, and changes nothing")
    def _():
        refused(lambda: m.update("Editor", "Editor", permission_names=["nothing"]), BAD, UNKNOWN)
        same_set(role(sdk, "Editor")["permissionNames"], ["notes.read", "notes.write"], "permissions")

    @checks("role: a permission renamed is renamed in its roles")
    def _():
        sdk.mgmt.permission.update("notes.write", "notes.edit")
        same_set(role(sdk, "Editor")["permissionNames"], ["notes.read", "notes.edit"], "permissions")
        sdk.mgmt.permission.update("notes.edit", "notes.write")

    @checks("role: a permission deleted is gone from its roles")
    def _():
        sdk.mgmt.permission.create("notes.brief")
        m.create("Brief", permission_names=["notes.brief", "notes.read"])
        sdk.mgmt.permission.delete("notes.brief")
        same(role(sdk, "Brief")["permissionNames"], ["notes.read"], "permissions")

    @checks("role: delete")
    def _():
        m.delete("Brief")
        same(find_roles(sdk, "Brief"), [], "roles")

    @checks("role: delete by id")
    def _():
        m.delete_by_id(role(sdk, "Flagged")["id"])
        same(find_roles(sdk, "Flagged"), [], "roles")

    @checks("role: delete of an unknown name is refused")
    def _():
        refused(lambda: m.delete("Ghost"), BAD, UNKNOWN)

    @checks("role: a built-in role can't be deleted")
    def _():
        refused_as("E024214", lambda: m.delete("Tenant Admin"), BAD)


def tenant_roles(sdk):
    m = sdk.mgmt.role

    @checks("role: create in a tenant")
    def _():
        sdk.mgmt.tenant.create("Acme", id="acme")
        sdk.mgmt.tenant.create("Globex", id="globex")
        m.create("Keeper", "of acme", ["notes.write"], tenant_id="acme")
        same(role(sdk, "Keeper", "acme")["description"], "of acme", "description")

    @checks("role: the same name in another tenant is another role")
    def _():
        m.create("Keeper", "of globex", tenant_id="globex")
        same(role(sdk, "Keeper", "acme")["description"], "of acme", "description")
        same(role(sdk, "Keeper", "globex")["description"], "of globex", "description")

    @checks("role: the same name in the same tenant is refused")
    def _():
        refused(lambda: m.create("Keeper", tenant_id="acme"), BAD)

    @checks("role: update in a tenant")
    def _():
        m.update("Keeper", "Steward", "owns acme", ["notes.read", "notes.write"], tenant_id="acme")
        same_set(role(sdk, "Steward", "acme")["permissionNames"], ["notes.read", "notes.write"], "permissions")
        same(role(sdk, "Keeper", "globex")["description"], "of globex", "description")

    @checks("role: update by id in a tenant")
    def _():
        m.update_by_id(role(sdk, "Steward", "acme")["id"], "Steward", "by id", ["notes.read", "notes.write"], tenant_id="acme")
        same(role(sdk, "Steward", "acme")["description"], "by id", "description")

    for where, tenant in (("without its tenant", None), ("in another tenant", "globex")):

        @checks(f"role: a tenant's role is not found {where}")
        def _():
            refused(lambda: m.update("Steward", "Steward", tenant_id=tenant), BAD, UNKNOWN)
            refused(lambda: m.delete("Steward", tenant_id=tenant), BAD, UNKNOWN)

    @checks("role: delete in a tenant")
    def _():
        m.delete("Keeper", tenant_id="globex")
        same(find_roles(sdk, "Keeper", "globex"), [], "roles")
        role(sdk, "Steward", "acme")


def memberships(sdk):
    u = sdk.mgmt.user
    load = lambda login: u.load(login)["user"]

    @checks("user roles: create a user")
    def _():
        u.create("rita")

    @checks("user roles: set")
    def _():
        same(u.set_roles("rita", ["Reader"])["user"]["roleNames"], ["Reader"], "roles")

    @checks("user roles: add unites")
    def _():
        same_set(u.add_roles("rita", ["Editor", "Reader"])["user"]["roleNames"], ["Reader", "Editor"], "roles")

    @checks("user roles: remove subtracts")
    def _():
        same(u.remove_roles("rita", ["Editor"])["user"]["roleNames"], ["Reader"], "roles")

    @checks("user roles: set replaces")
    def _():
        same(u.set_roles("rita", ["Editor"])["user"]["roleNames"], ["Editor"], "roles")
        same(load("rita")["roleNames"], ["Editor"], "roles, loaded")

    @checks("user roles: set of none clears")
    def _():
        same(u.set_roles("rita", [])["user"]["roleNames"], [], "roles")

    @checks("user roles: an unknown role is refused, and changes nothing")
    def _():
        u.set_roles("rita", ["Reader"])
        refused(lambda: u.add_roles("rita", ["Editor", "Ghost"]), BAD, UNKNOWN)
        same(load("rita")["roleNames"], ["Reader"], "roles")

    @checks("user roles: a tenant's role is not given to the whole project")
    def _():
        refused(lambda: u.add_roles("rita", ["Steward"]), BAD, UNKNOWN)

    for call in ("set_roles", "add_roles", "remove_roles"):

        @checks(f"user roles: {call} of an unknown user is refused")
        def _():
            refused_as(USER_NOT_FOUND, lambda: getattr(u, call)("nobody", ["Reader"]), BAD, UNKNOWN)

    @checks("user tenants: roles where the user is no member are refused")
    def _():
        refused(lambda: u.set_tenant_roles("rita", "acme", ["Steward"]), BAD, UNKNOWN, FORBIDDEN)

    @checks("user tenants: add")
    def _():
        m = membership(u.add_tenant("rita", "acme")["user"], "acme")
        same((m["tenantName"], m["roleNames"], m["permissions"]), ("Acme", [], []))

    @checks("user tenants: add again is harmless")
    def _():
        same(len(u.add_tenant("rita", "acme")["user"]["userTenants"]), 1, "tenants")

    @checks("user tenants: add of an unknown tenant is refused")
    def _():
        refused(lambda: u.add_tenant("rita", "no-such-tenant"), BAD, UNKNOWN)

    @checks("user tenants: set the roles in one, its own and the project's")
    def _():
        m = membership(u.set_tenant_roles("rita", "acme", ["Steward", "Reader"])["user"], "acme")
        same_set(m["roleNames"], ["Steward", "Reader"], "roles")
        same_set(m["permissions"], ["notes.read", "notes.write"], "permissions")

    @checks("user tenants: roles in a tenant are not the project's")
    def _():
        same(load("rita")["roleNames"], ["Reader"], "roles")

    @checks("user tenants: add roles in one")
    def _():
        same_set(membership(u.add_tenant_roles("rita", "acme", ["Editor"])["user"], "acme")["roleNames"], ["Steward", "Reader", "Editor"], "roles")

    @checks("user tenants: remove roles in one")
    def _():
        same(membership(u.remove_tenant_roles("rita", "acme", ["Reader", "Editor"])["user"], "acme")["roleNames"], ["Steward"], "roles")

    @checks("user tenants: another tenant's role is refused")
    def _():
        u.add_tenant("rita", "globex")
        refused(lambda: u.set_tenant_roles("rita", "globex", ["Steward"]), BAD, UNKNOWN)

    @checks("user tenants: a role renamed is renamed for its users")
    def _():
        sdk.mgmt.role.update("Steward", "Master", permission_names=["notes.read", "notes.write"], tenant_id="acme")
        same(membership(load("rita"), "acme")["roleNames"], ["Master"], "roles")
        sdk.mgmt.role.update("Master", "Steward", permission_names=["notes.read", "notes.write"], tenant_id="acme")

    @checks("user tenants: a role deleted is gone from its users")
    def _():
        sdk.mgmt.role.create("Passing", tenant_id="acme")
        u.add_tenant_roles("rita", "acme", ["Passing"])
        sdk.mgmt.role.delete("Passing", tenant_id="acme")
        same(membership(load("rita"), "acme")["roleNames"], ["Steward"], "roles")

    @checks("user tenants: remove ends the roles in it")
    def _():
        same(len(u.remove_tenant("rita", "acme")["user"]["userTenants"]), 1, "tenants")
        same(membership(u.add_tenant("rita", "acme")["user"], "acme")["roleNames"], [], "roles")

    @checks("user tenants: the login id may be a user id")
    def _():
        user_id = load("rita")["userId"]
        same(membership(u.set_tenant_roles(user_id, "acme", ["Steward"])["user"], "acme")["roleNames"], ["Steward"], "roles")


def permission_batches(sdk):
    m = sdk.mgmt.permission

    @checks("permission batch: create")
    def _():
        m.create_batch([{"name": "batch.a", "description": "a"}, {"name": "batch.b"}])
        same(permission(sdk, "batch.a")["description"], "a", "description")
        permission(sdk, "batch.b")

    @checks("permission batch: one that is taken refuses all")
    def _():
        refused(lambda: m.create_batch([{"name": "batch.c"}, {"name": "batch.a"}]), BAD)
        holds(not has_permission(sdk, "batch.c"), "nothing was created")

    @checks("permission batch: one without a name refuses all")
    def _():
        refused(lambda: m.create_batch([{"name": "batch.c"}, {"description": "none"}]), BAD)
        holds(not has_permission(sdk, "batch.c"), "nothing was created")

    @checks("permission batch: update by name and by id")
    def _():
        m.update_batch([
            {"name": "batch.a", "newName": "batch.a1", "description": "renamed"},
            {"id": permission(sdk, "batch.b")["id"], "newName": "batch.b1"},
        ])
        same(permission(sdk, "batch.a1")["description"], "renamed", "description")
        permission(sdk, "batch.b1")

    @checks("permission batch: one unknown refuses all updates")
    def _():
        refused(lambda: m.update_batch([{"name": "batch.a1", "newName": "batch.a2"}, {"name": "nothing", "newName": "x"}]), BAD, UNKNOWN)
        permission(sdk, "batch.a1")

    @checks("permission batch: one unknown refuses all deletes")
    def _():
        refused(lambda: m.delete_batch(["batch.a1", "nothing"]), BAD, UNKNOWN)
        permission(sdk, "batch.a1")

    @checks("permission batch: delete of nothing is refused")
    def _():
        refused(lambda: m.delete_batch([]), BAD)
        same(sdk.post("/v1/mgmt/permission/delete/batch", {"names": [], "ids": None}), BAD, "status")

    @checks("permission batch: delete by name and by id")
    def _():
        m.delete_batch(["batch.a1"])
        m.delete_batch_by_ids([permission(sdk, "batch.b1")["id"]])
        holds(not has_permission(sdk, "batch.a1") and not has_permission(sdk, "batch.b1"), "both are gone")


def role_batches(sdk):
    m = sdk.mgmt.role

    @checks("role batch: create")
    def _():
        m.create_batch([{"name": "Batch A", "description": "a", "permissionNames": ["notes.read"]}, {"name": "Batch B", "tenantId": "acme", "default": True}])
        same(role(sdk, "Batch A")["permissionNames"], ["notes.read"], "permissions")
        same(role(sdk, "Batch B", "acme")["default"], True, "default")

    @checks("role batch: one that is taken refuses all")
    def _():
        refused(lambda: m.create_batch([{"name": "Batch C"}, {"name": "Batch A"}]), BAD)
        same(find_roles(sdk, "Batch C"), [], "roles")

    @checks("role batch: update by name and by id")
    def _():
        m.update_batch([
            {"name": "Batch A", "newName": "Batch A1"},
            {"id": role(sdk, "Batch B", "acme")["id"], "tenantId": "acme", "newName": "Batch B1", "permissionNames": ["notes.write"]},
        ])
        same(role(sdk, "Batch A1")["permissionNames"], [], "permissions, cleared")
        same(role(sdk, "Batch B1", "acme")["permissionNames"], ["notes.write"], "permissions")

    @checks("role batch: one unknown refuses all updates")
    def _():
        refused(lambda: m.update_batch([{"name": "Batch A1", "newName": "Batch A2"}, {"name": "Ghost", "newName": "x"}]), BAD, UNKNOWN)
        role(sdk, "Batch A1")

    @checks("role batch: one unknown refuses all deletes")
    def _():
        refused(lambda: m.delete_batch(["Batch A1", "Ghost"]), BAD, UNKNOWN)
        role(sdk, "Batch A1")

    @checks("role batch: delete of nothing, which the SDK does not send, is refused and deletes nothing")
    def _():
        before = len(m.load_all()["roles"])
        same(sdk.post("/v1/mgmt/role/delete/batch", {"roleNames": [], "tenantId": None}), BAD, "status")
        same(sdk.post("/v1/mgmt/role/delete/batch", {"roleIds": None, "tenantId": "acme"}), BAD, "status, in a tenant")
        same(len(m.load_all()["roles"]), before, "roles")

    @checks("role batch: delete by id")
    def _():
        m.delete_batch_by_ids([role(sdk, "Batch A1")["id"]])
        same(find_roles(sdk, "Batch A1"), [], "roles")

    @checks("role batch: delete in a tenant, by objects")
    def _():
        m.delete_batch([{"name": "Batch B1", "tenantId": "acme"}])
        same(find_roles(sdk, "Batch B1", "acme"), [], "roles")


def role_search(sdk):
    names = lambda **options: [r["name"] for r in sdk.mgmt.role.search(**options)["roles"]]

    for by, options, want in (
        ("name", {"role_names": ["Reader"]}, ["Reader"]),
        ("part of a name, in any case", {"role_name_like": "eADe"}, ["Reader"]),
        ("permission", {"permission_names": ["notes.write"]}, ["Editor", "Steward"]),
        ("all of two permissions", {"permission_names": ["notes.read", "notes.write"]}, ["Editor", "Steward"]),
        ("tenant", {"tenant_ids": ["acme"]}, ["Steward"]),
        ("tenant, without the project's", {"tenant_ids": ["acme"], "include_project_roles": False}, ["Steward"]),
        ("a name that nobody has", {"role_names": ["Ghost"]}, []),
        ("tenant and name", {"tenant_ids": ["acme"], "role_names": ["Reader"]}, []),
    ):

        @checks(f"role search: by {by}")
        def _():
            same_set(names(**options), want, "roles")

    @checks("role search: by tenant, with the project's roles")
    def _():
        got = names(tenant_ids=["acme"], include_project_roles=True)
        holds({"Steward", "Reader", "Editor"} <= set(got), f"all three in {got}")

    @checks("role search: by id")
    def _():
        same(names(role_ids=[role(sdk, "Editor")["id"]]), ["Editor"], "roles")

    @checks("role search: without options finds all")
    def _():
        same(len(names()), len(sdk.mgmt.role.load_all()["roles"]), "roles")
