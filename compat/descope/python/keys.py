"""Access keys, and the credentials that must not work where another is asked for."""

import time

from check import BAD, FORBIDDEN, PASSWORD, UNKNOWN, UNPROVEN, checks, holds, one, refused, rejects, same, same_set
from descope import AccessKeyLoginOptions, AssociatedTenant, AuthException
from rbac import has_permission
from sessions import over, refresh_jwt, session_jwt


def access_keys(sdk):
    m = sdk.mgmt.access_key
    made = {}
    load = lambda: m.load(made["id"])["key"]

    @checks("access key: create")
    def _():
        got = m.create(
            "printer", 0, ["Reader"], [AssociatedTenant("acme", ["Steward"])], custom_claims={"room": "12"}, description="prints",
            permitted_ips=["127.0.0.0/8", "::1"], custom_attributes={"model": "x"},
        )
        key = got["key"]
        made.update(id=key["id"], secret=got["cleartext"])
        holds(made["secret"] and ":" not in made["secret"], "a secret without a colon")
        same((key["name"], key["description"], key["status"], key["expireTime"]), ("printer", "prints", "active", 0))
        tenant = one(key["keyTenants"], "tenants")
        same((key["roleNames"], tenant["tenantId"], tenant["tenantName"], tenant["roleNames"]), (["Reader"], "acme", "Acme", ["Steward"]))
        same((key["permittedIps"], key["customClaims"], key["customAttributes"], key["boundUserId"]), (["127.0.0.0/8", "::1"], {"room": "12"}, {"model": "x"}, ""))
        holds(key["createdBy"] and key["clientId"] and key["createdTime"] > 1_700_000_000, "who created it, and when")

    @checks("access key: create with a name alone has zero values, not none")
    def _():
        key = m.create("bare")["key"]
        same([key[k] for k in ("roleNames", "keyTenants", "permittedIps", "description", "customClaims", "customAttributes")], [[], [], [], "", {}, {}])
        m.delete(key["id"])

    @checks("access key: load")
    def _():
        same(load()["name"], "printer", "name")

    @checks("access key: load of an unknown id is refused")
    def _():
        refused(lambda: m.load("Knothing"), BAD, UNKNOWN)

    for what, args in (
        ("without a name", ["", 0]),
        ("with an unknown role", ["bad", 0, ["Ghost"]]),
        ("with an unknown tenant", ["bad", 0, [], [AssociatedTenant("no-such-tenant")]]),
        ("for an unknown user", ["bad", 0, None, None, "Unobody"]),
        ("with an address that is none", ["bad", 0, [], [], None, None, None, ["nowhere"]]),
    ):

        @checks(f"access key: create {what} is refused")
        def _():
            refused(lambda: m.create(*args), BAD, UNKNOWN)

    @checks("access key: a name that is taken is fine")
    def _():
        m.delete(m.create("printer")["key"]["id"])

    @checks("access key: search by tenant, by attribute, and for all")
    def _():
        ids = lambda **options: [k["id"] for k in m.search_all_access_keys(**options)["keys"]]
        same(ids(tenant_ids=["acme"]), [made["id"]], "keys of acme")
        same(ids(custom_attributes={"model": "x"}), [made["id"]], "keys of the model")
        same(ids(custom_attributes={"model": "y"}), [], "keys of another model")
        holds(made["id"] in ids(), "among all")

    @checks("access key: update keeps what it does not name")
    def _():
        m.update(made["id"], "plotter")
        key = load()
        same((key["name"], key["description"], key["roleNames"], len(key["keyTenants"]), key["customClaims"]), ("plotter", "prints", ["Reader"], 1, {"room": "12"}))

    @checks("access key: update changes what it names, and empty values clear")
    def _():
        m.update(made["id"], "plotter", "plots", {"room": "13"}, [], {})
        key = load()
        same((key["description"], key["customClaims"], key["permittedIps"], key["customAttributes"]), ("plots", {"room": "13"}, [], {}))

    @checks("access key: update without a name is refused")
    def _():
        refused(lambda: m.update(made["id"], ""), BAD)

    @checks("access key: deactivated, it is not exchanged, until activated")
    def _():
        m.deactivate(made["id"])
        same(load()["status"], "inactive", "status")
        refused(lambda: sdk.auth.exchange_access_key(made["secret"]), UNPROVEN, FORBIDDEN)
        m.activate(made["id"])
        sdk.auth.exchange_access_key(made["secret"])

    @checks("access key: rotate has the new secret work and the old one not")
    def _():
        fresh = m.rotate(made["id"])
        same(fresh["key"]["id"], made["id"], "id")
        refused(lambda: sdk.auth.exchange_access_key(made["secret"]), UNPROVEN)
        sdk.auth.exchange_access_key(fresh["cleartext"])

    @checks("access key: rotate of an inactive key is refused")
    def _():
        m.deactivate(made["id"])
        refused(lambda: m.rotate(made["id"]), BAD, FORBIDDEN)

    @checks("access key: delete")
    def _():
        m.delete(made["id"])
        refused(load, BAD, UNKNOWN)

    for call in ("activate", "deactivate", "delete", "rotate"):

        @checks(f"access key: {call} of an unknown id is refused")
        def _():
            refused(lambda: getattr(m, call)("Knothing"), BAD, UNKNOWN)

    @checks("access key: update of an unknown id is refused")
    def _():
        refused(lambda: m.update("Knothing", "x"), BAD, UNKNOWN)

    @checks("access key: batches")
    def _():
        ids = [m.create(name)["key"]["id"] for name in "ab"]
        m.deactivate_batch(ids)
        same([m.load(x)["key"]["status"] for x in ids], ["inactive", "inactive"], "status")
        m.activate_batch(ids)
        same([m.load(x)["key"]["status"] for x in ids], ["active", "active"], "status")
        m.delete_batch(ids)
        refused(lambda: m.load(ids[0]), BAD, UNKNOWN)


def exchange(sdk):
    m, a = sdk.mgmt.access_key, sdk.auth

    def create(expire=0, ips=None):
        got = m.create("machine", expire, ["Reader"], [AssociatedTenant("acme", ["Steward"])], custom_claims={"room": "12"}, permitted_ips=ips)
        return got["cleartext"], got["key"]["id"]

    @checks("exchange: a key for a session of its roles")
    def _():
        secret, key_id = create()
        auth = a.exchange_access_key(secret)
        same((auth["keyId"], auth["sessionToken"]["drn"], auth["sessionToken"]["room"], auth["roles"]), (key_id, "DS", "12", ["Reader"]))
        holds("refreshSessionToken" not in auth, "no refresh token")
        got = [
            a.validate_roles(auth, ["Reader"]), a.validate_tenant_roles(auth, "acme", ["Steward"]),
            a.validate_tenant_permissions(auth, "acme", ["notes.write"]), a.validate_permissions(auth, ["notes.write"]),
        ]
        same(got, [True, True, True, False])
        a.validate_session(session_jwt(auth))

    @checks("exchange: claims of who asks are kept apart")
    def _():
        token = a.exchange_access_key(create()[0], login_options=AccessKeyLoginOptions(custom_claims={"job": "42"}))["sessionToken"]
        same(("job" in token, token["nsec"]["job"]), (False, "42"))

    @checks("exchange: with a tenant selected")
    def _():
        auth = a.exchange_access_key(create()[0], login_options=AccessKeyLoginOptions(selected_tenant="acme"))
        same(auth["sessionToken"]["dct"], "acme", "selected tenant")

    @checks("exchange: a tenant that the key is not in is refused")
    def _():
        secret, _ = create()
        refused(lambda: a.exchange_access_key(secret, login_options=AccessKeyLoginOptions(selected_tenant="globex")), BAD, UNPROVEN, FORBIDDEN)

    @checks("exchange: a key bound to a user has that user's authority")
    def _():
        user_id = sdk.mgmt.user.create("bound", role_names=["Editor"])["user"]["userId"]
        got = m.create("bound", user_id=user_id)
        same(got["key"]["boundUserId"], user_id, "bound to")
        same(sdk.mgmt.user.load("bound")["user"]["roleNames"], ["Editor"], "roles of the user, who lost none")
        same(a.exchange_access_key(got["cleartext"])["roles"], ["Editor"], "roles")
        sdk.mgmt.user.set_roles("bound", ["Reader"])
        same(a.exchange_access_key(got["cleartext"])["roles"], ["Reader"], "roles, changed")
        same(one(m.search_all_access_keys(bound_user_id=user_id)["keys"], "keys of the user")["id"], got["key"]["id"], "key")

    @checks("exchange: from an address that is permitted, and from one that is not")
    def _():
        a.exchange_access_key(create(ips=["127.0.0.1", "::1"])[0])
        secret, _ = create(ips=["10.0.0.0/8"])
        refused(lambda: a.exchange_access_key(secret), UNPROVEN, FORBIDDEN)

    @checks("exchange: an expired key is refused")
    def _():
        expires = int(time.time()) + 8
        secret, key_id = create(expire=expires)
        try:
            a.exchange_access_key(secret)
        except AuthException:
            if time.time() < expires:  # else the machine is so busy that the key was over
                raise
        time.sleep(max(0, expires + 1.1 - time.time()))
        same(m.load(key_id)["key"]["status"], "expired", "status")
        refused(lambda: a.exchange_access_key(secret), UNPROVEN, FORBIDDEN)

    @checks("exchange: an unknown key is refused")
    def _():
        refused(lambda: a.exchange_access_key("no-such-key"), UNPROVEN)

    @checks("exchange: a deleted key is refused")
    def _():
        secret, key_id = create()
        m.delete(key_id)
        refused(lambda: a.exchange_access_key(secret), UNPROVEN)


def credentials(sdk):
    other = "P" + "x" * 27
    all_roles = lambda **change: lambda: sdk.client(**change).mgmt.role.load_all()

    @checks("credentials: a wrong management key is refused")
    def _():
        refused(all_roles(management_key="wrong"), UNPROVEN)

    @checks("credentials: another project is refused")
    def _():
        refused(all_roles(project_id=other), UNPROVEN)

    @checks("credentials: neither a session nor a refresh token is a management key")
    def _():
        sdk.new_user("cred")
        auth = sdk.sign_in("cred")
        refused(all_roles(management_key=session_jwt(auth)), UNPROVEN)
        refused(all_roles(management_key=refresh_jwt(auth)), UNPROVEN)

    @checks("credentials: an access key without authority manages nothing")
    def _():
        got = sdk.mgmt.access_key.create("weak", 0, ["Reader"])
        weak = sdk.client(management_key=got["cleartext"]).mgmt
        refused(lambda: weak.permission.create("taken.over"), UNPROVEN, FORBIDDEN)
        refused(lambda: weak.role.create("Taken Over"), UNPROVEN, FORBIDDEN)
        refused(lambda: weak.user.set_roles("cred", ["Reader"]), UNPROVEN, FORBIDDEN)
        refused(lambda: weak.role.load_all(), UNPROVEN, FORBIDDEN)
        holds(not has_permission(sdk, "taken.over"), "nothing was created")

    @checks("credentials: a management key is no session")
    def _():
        key = sdk.server["management_key"]
        rejects(lambda: sdk.auth.validate_session(key))
        for call in (sdk.auth.me, sdk.auth.logout, sdk.auth.logout_all):
            refused(lambda: call(key), UNPROVEN)
        same(sdk.post("/v1/auth/refresh", {}), UNPROVEN, "status of refresh")

    @checks("credentials: a client with a management key for authentication does all that one without does")
    def _():
        c = sdk.client(management_key=None, auth_management_key=sdk.server["management_key"])
        auth = c.password.sign_in("cred", PASSWORD)
        c.validate_session(session_jwt(auth))
        c.refresh_session(refresh_jwt(auth))
        same(c.me(refresh_jwt(auth))["userId"], auth["userId"], "user id")
        c.password.get_policy()
        c.exchange_access_key(sdk.mgmt.access_key.create("keyed", 0, ["Reader"])["cleartext"])
        c.logout(refresh_jwt(auth))
        over(sdk, auth)

    @checks("credentials: a wrong management key for authentication is refused")
    def _():
        c = sdk.client(management_key=None, auth_management_key="wrong")
        refused(lambda: c.password.sign_in("cred", PASSWORD), UNPROVEN)

    @checks("credentials: another project does not sign in")
    def _():
        refused(lambda: sdk.client(project_id=other, management_key=None).password.sign_in("cred", PASSWORD), UNPROVEN)
