"""Tenants."""

from check import BAD, UNKNOWN, USER_NOT_FOUND, checks, holds, refused, refused_as, same, same_set
from descope import AssociatedTenant
from rbac import find_roles, membership


def tenants(sdk):
    m, u = sdk.mgmt.tenant, sdk.mgmt.user
    made = {}

    @checks("tenant: create makes an id")
    def _():
        made["id"] = m.create(
            "Initech", self_provisioning_domains=["initech.example"], custom_attributes={"plan": "gold"}, enforce_sso=True, enforce_sso_exclusions=["peter"]
        )["id"]
        holds(made["id"], "an id")

    @checks("tenant: load has all that was given")
    def _():
        t = m.load(made["id"])
        same((t["id"], t["name"], t["enforceSSO"], t["disabled"]), (made["id"], "Initech", True, False))
        same((t["selfProvisioningDomains"], t["customAttributes"], t["enforceSSOExclusions"]), (["initech.example"], {"plan": "gold"}, ["peter"]))
        holds(t["createdTime"] > 1_700_000_000, "a created time in seconds")

    @checks("tenant: create with an id and no more has zero values, not none")
    def _():
        same(m.create("Umbrella", id="umbrella")["id"], "umbrella", "id")
        t = m.load("umbrella")
        same((t["name"], t["authType"], t["domains"], t["defaultRoles"], t["customAttributes"]), ("Umbrella", "none", [], [], {}))

    @checks("tenant: an id that is taken is refused")
    def _():
        refused(lambda: m.create("Other", id="umbrella"), BAD)

    @checks("tenant: a name that is taken is refused")
    def _():
        refused(lambda: m.create("Umbrella"), BAD)

    @checks("tenant: an empty name is refused")
    def _():
        refused(lambda: m.create(""), BAD)

    @checks("tenant: update replaces all but the id")
    def _():
        m.update(made["id"], "Initrode", disabled=True)
        t = m.load(made["id"])
        same((t["name"], t["selfProvisioningDomains"], t["customAttributes"], t["enforceSSO"], t["disabled"]), ("Initrode", [], {}, False, True))

    @checks("tenant: update of an unknown id is refused")
    def _():
        refused(lambda: m.update("no-such-tenant", "Ghost"), BAD, UNKNOWN)

    @checks("tenant: update to a name that is taken is refused")
    def _():
        refused(lambda: m.update(made["id"], "Umbrella"), BAD)

    @checks("tenant: load of an unknown id is refused")
    def _():
        refused(lambda: m.load("no-such-tenant"), BAD, UNKNOWN)

    @checks("tenant: load all")
    def _():
        got = {t["id"] for t in m.load_all()["tenants"]}
        holds({"acme", "globex", "umbrella", made["id"]} <= got, f"all four in {got}")

    @checks("tenant: a world to search")
    def _():
        m.update("umbrella", "Umbrella", self_provisioning_domains=["umbrella.example"], custom_attributes={"plan": "silver"})

    for by, options, want in (
        ("id", {"ids": ["acme", "none"]}, ["acme"]),
        ("name", {"names": ["Globex"]}, ["globex"]),
        ("an unknown name", {"names": ["Ghost"]}, []),
        ("domain", {"self_provisioning_domains": ["umbrella.example"]}, ["umbrella"]),
        ("attribute", {"custom_attributes": {"plan": "silver"}}, ["umbrella"]),
        ("id and name that differ", {"ids": ["acme"], "names": ["Globex"]}, []),
    ):

        @checks(f"tenant: search by {by}")
        def _():
            same_set([t["id"] for t in m.search_all(**options)["tenants"]], want, "tenants")

    @checks("tenant: search for all")
    def _():
        same(len(m.search_all()["tenants"]), len(m.load_all()["tenants"]), "tenants")

    @checks("tenant: default roles are given to new members")
    def _():
        m.update_default_roles("umbrella", ["Reader"])
        same(m.load("umbrella")["defaultRoles"], ["Reader"], "default roles")
        u.create("newcomer")
        same(membership(u.add_tenant("newcomer", "umbrella")["user"], "umbrella")["roleNames"], ["Reader"], "roles")

    @checks("tenant: an unknown default role is refused, and changes nothing")
    def _():
        refused(lambda: m.update_default_roles("umbrella", ["Ghost"]), BAD, UNKNOWN)
        same(m.load("umbrella")["defaultRoles"], ["Reader"], "default roles")


def deletion(sdk):
    m, u = sdk.mgmt.tenant, sdk.mgmt.user

    def world(tenant):
        m.create(f"Tenant {tenant}", id=tenant)
        sdk.mgmt.role.create("Local", tenant_id=tenant)
        u.create(f"only-{tenant}", user_tenants=[AssociatedTenant(tenant, ["Local"])])
        u.create(f"also-{tenant}", user_tenants=[AssociatedTenant(tenant), AssociatedTenant("acme")])

    def gone(tenant):
        refused(lambda: m.load(tenant), BAD, UNKNOWN)
        same(find_roles(sdk, "Local", tenant), [], "its roles")
        same(len(u.load(f"also-{tenant}")["user"]["userTenants"]), 1, "tenants of a user of two")

    @checks("tenant: delete leaves its users")
    def _():
        world("closing")
        m.delete("closing")
        gone("closing")
        same(u.load("only-closing")["user"]["userTenants"], [], "tenants of a user of one")

    @checks("tenant: delete with cascade deletes users of that tenant alone, and no others")
    def _():
        world("burning")
        m.delete("burning", cascade=True)
        gone("burning")
        refused_as(USER_NOT_FOUND, lambda: u.load("only-burning"), BAD, UNKNOWN)

    @checks("tenant: delete of an unknown id is refused")
    def _():
        refused(lambda: m.delete("no-such-tenant"), BAD, UNKNOWN)
