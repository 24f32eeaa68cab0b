"""Passwords, sessions, and what their tokens say."""

import time

from check import (
    BAD, CHANGED, FORBIDDEN, LOGGED_OUT, PASSWORD, PASSWORD_EXPIRED, RATE_LIMITED, UNKNOWN, UNPROVEN, USER_EXISTS, USER_NOT_FOUND,
    checks, holds, limited, refused, refused_as, rejects, same, same_set,
)
from descope import AssociatedTenant
from descope.management.common import MgmtLoginOptions


def refresh_jwt(auth):
    return auth["refreshSessionToken"]["jwt"]


def session_jwt(auth):
    return auth["sessionToken"]["jwt"]


def forged(token):
    """The token with another signature."""
    head, body, signature = token.split(".")
    return f"{head}.{body}.AAAA{signature[4:]}"


def over(sdk, auth, *codes):
    """Fails unless the refresh token no longer works."""
    said = refused(lambda: sdk.auth.refresh_session(refresh_jwt(auth)), UNPROVEN)
    for code in codes:
        same(said["errorCode"], code, "error code")


def passwords(sdk):
    p, u = sdk.auth.password, sdk.mgmt.user

    @checks("password: policy")
    def _():
        policy = p.get_policy()
        holds(policy["minLength"] > 0, "a least length")
        same([type(policy[k]) for k in ("lowercase", "uppercase", "number", "nonAlphanumeric")], [bool] * 4, "types")

    @checks("password: sign-up signs in")
    def _():
        auth = p.sign_up("pam@acme.example", PASSWORD, {"name": "Pam", "familyName": "Li"})
        user = auth["user"]
        same((user["name"], user["familyName"], user["status"], user["password"], auth["firstSeen"]), ("Pam", "Li", "enabled", True, True))
        same((auth["userId"], auth["projectId"]), (user["userId"], sdk.server["project_id"]))
        sdk.auth.validate_session(session_jwt(auth))
        holds(auth["cookieData"]["maxAge"] > 0 and auth["cookieData"]["exp"] > time.time(), "times for a cookie")

    @checks("password: sign-up with addresses, by which the user is found")
    def _():
        user = p.sign_up("paz", PASSWORD, {"email": "Paz@Acme.example", "phone": "+1-555-555-0177"})["user"]
        same((user["email"], user["verifiedEmail"], user["phone"], user["verifiedPhone"]), ("paz@acme.example", False, "+15555550177", False))
        same([x["userId"] for x in u.search_all(emails=["Paz@Acme.example"], phones=["+1-555-555-0177"])["users"]], [user["userId"]], "found")

    @checks("password: sign-up without a user")
    def _():
        p.sign_up("pim", PASSWORD)

    @checks("password: sign-up with a login id that is taken is refused")
    def _():
        refused_as(USER_EXISTS, lambda: p.sign_up("pam@acme.example", PASSWORD), BAD)

    @checks("password: sign-up with a password against the policy is refused, and nobody is created")
    def _():
        refused(lambda: p.sign_up("weak", "1"), BAD)
        refused_as(USER_NOT_FOUND, lambda: u.load("weak"), BAD, UNKNOWN)

    @checks("password: sign-in")
    def _():
        auth = sdk.sign_in("pam@acme.example")
        same((auth["firstSeen"], auth["sessionToken"]["drn"], auth["refreshSessionToken"]["drn"]), (False, "DS", "DSR"))

    @checks("password: sign-in in other letters of the address")
    def _():
        sdk.sign_in("Pam@ACME.example")

    @checks("password: a wrong password and an unknown user are refused alike")
    def _():
        wrong = refused(lambda: p.sign_in("pam@acme.example", CHANGED), UNPROVEN)
        same(refused(lambda: p.sign_in("nobody", PASSWORD), UNPROVEN), wrong, "what is said")

    @checks("password: replace")
    def _():
        auth = p.replace("pam@acme.example", PASSWORD, CHANGED)
        sdk.auth.validate_session(session_jwt(auth))
        p.sign_in("pam@acme.example", CHANGED)
        refused(lambda: p.sign_in("pam@acme.example", PASSWORD), UNPROVEN)

    @checks("password: replace with a wrong old password is refused")
    def _():
        refused(lambda: p.replace("pam@acme.example", PASSWORD, CHANGED), UNPROVEN)

    @checks("password: replace against the policy is refused")
    def _():
        refused(lambda: p.replace("pam@acme.example", CHANGED, "1"), BAD)

    @checks("password: update")
    def _():
        auth = p.sign_in("pam@acme.example", CHANGED)
        p.update("pam@acme.example", PASSWORD, refresh_jwt(auth))
        sdk.sign_in("pam@acme.example")
        refused(lambda: p.sign_in("pam@acme.example", CHANGED), UNPROVEN)

    @checks("password: update of another user's is refused")
    def _():
        auth = sdk.sign_in("pam@acme.example")
        refused(lambda: p.update("pim", CHANGED, refresh_jwt(auth)), BAD, UNPROVEN, FORBIDDEN)
        sdk.sign_in("pim")

    @checks("password: update against the policy is refused")
    def _():
        refused(lambda: p.update("pim", "1", refresh_jwt(sdk.sign_in("pim"))), BAD)

    @checks("password: update with a session token is refused")
    def _():
        refused(lambda: p.update("pim", CHANGED, session_jwt(sdk.sign_in("pim"))), UNPROVEN)

    @checks("password: set active works at once")
    def _():
        u.set_active_password("pim", CHANGED)
        p.sign_in("pim", CHANGED)

    @checks("password: set active against the policy is refused")
    def _():
        refused(lambda: u.set_active_password("pim", "1"), BAD)

    for call in ("set_active_password", "set_temporary_password"):

        @checks(f"password: {call} for an unknown user is refused")
        def _():
            refused_as(USER_NOT_FOUND, lambda: getattr(u, call)("nobody", CHANGED), BAD, UNKNOWN)

    for call, temporary in (("set_temporary_password", "Passing-Horse-1"), ("set_password", "Passing-Horse-2")):

        @checks(f"password: {call} has to be replaced")
        def _():
            getattr(u, call)("pim", temporary)
            refused_as(PASSWORD_EXPIRED, lambda: p.sign_in("pim", temporary), BAD, UNPROVEN, FORBIDDEN)
            p.replace("pim", temporary, PASSWORD)
            sdk.sign_in("pim")

    @checks("password: expire has it replaced")
    def _():
        u.expire_password("pim")
        refused_as(PASSWORD_EXPIRED, lambda: sdk.sign_in("pim"), BAD, UNPROVEN, FORBIDDEN)
        p.replace("pim", PASSWORD, CHANGED)
        p.sign_in("pim", CHANGED)

    @checks("password: a wrong password does not tell that it is expired")
    def _():
        u.expire_password("pim")
        holds(refused(lambda: p.sign_in("pim", "Wrong-Horse-9-Battery"), UNPROVEN)["errorCode"] != PASSWORD_EXPIRED, "another code")

    @checks("password: expire for an unknown user is refused")
    def _():
        refused_as(USER_NOT_FOUND, lambda: u.expire_password("nobody"), BAD, UNKNOWN)


def sessions(sdk):
    a = sdk.auth
    sam = {}

    @checks("session: a sign-in is validated, and its user told")
    def _():
        sdk.new_user("sam@acme.example", display_name="Sam", user_tenants=[AssociatedTenant("acme"), AssociatedTenant("globex")])
        sam.update(sdk.sign_in("sam@acme.example"))
        got = a.validate_session(session_jwt(sam))
        same((got["userId"], got["projectId"], got["iss"]), (sam["user"]["userId"], sdk.server["project_id"], sdk.server["project_id"]))

    @checks("session: for the project as audience, and for no other")
    def _():
        a.validate_session(session_jwt(sam), audience=sdk.server["project_id"])
        rejects(lambda: a.validate_session(session_jwt(sam), audience="another"))

    @checks("session: lives ten minutes, and is refreshed for thirty days")
    def _():
        left = lambda token: token["exp"] - time.time()
        lives = lambda seconds, whole: whole / 2 < seconds < whole + 60  # however long ago it was made
        holds(lives(left(sam["sessionToken"]), 600), "ten minutes")
        holds(lives(left(sam["refreshSessionToken"]), 30 * 86400), "thirty days")

    @checks("session: a token that was changed, or is none, is rejected")
    def _():
        rejects(lambda: a.validate_session(forged(session_jwt(sam))))
        rejects(lambda: a.validate_session("none"))

    for time_ in ("", ", again with the same token"):

        @checks(f"session: refresh{time_}")
        def _():
            got = a.refresh_session(refresh_jwt(sam))
            same((got["userId"], got["sessionToken"]["drn"]), (sam["userId"], "DS"))
            a.validate_session(session_jwt(got))

    @checks("session: refresh with a session token is refused")
    def _():
        refused(lambda: a.refresh_session(session_jwt(sam)), UNPROVEN)

    @checks("session: refresh with a token that was changed is rejected")
    def _():
        rejects(lambda: a.refresh_session(forged(refresh_jwt(sam))))

    @checks("session: validate and refresh")
    def _():
        same(a.validate_and_refresh_session(session_jwt(sam), refresh_jwt(sam))["jwt"], session_jwt(sam), "a valid session stays")
        same(a.validate_and_refresh_session("none", refresh_jwt(sam))["userId"], sam["userId"], "user id")

    @checks("session: me")
    def _():
        me = a.me(refresh_jwt(sam))
        same((me["userId"], me["name"], me["loginIds"], len(me["userTenants"])), (sam["userId"], "Sam", ["sam@acme.example"], 2))

    @checks("session: me with a session token is refused")
    def _():
        refused(lambda: a.me(session_jwt(sam)), UNPROVEN)

    @checks("session: me with what is no token is refused")
    def _():
        refused(lambda: a.me("none"), UNPROVEN)

    @checks("session: my tenants among some")
    def _():
        got = a.my_tenants(refresh_jwt(sam), ids=["acme", "globex", "umbrella"])["tenants"]
        same_set([(t["id"], t["name"]) for t in got], [("acme", "Acme"), ("globex", "Globex")], "tenants")

    @checks("session: my tenants, of which none is selected")
    def _():
        same(a.my_tenants(refresh_jwt(sam), dct=True)["tenants"], [], "tenants")


def claims(sdk):
    a = sdk.auth
    cleo = {}

    @checks("claims: of a user with roles in the project, in one tenant, and none in another")
    def _():
        sdk.mgmt.permission.create("notes.delete")
        sdk.mgmt.role.create("Shredder", permission_names=["notes.delete"], tenant_id="acme")
        sdk.new_user("cleo", role_names=["Reader"], user_tenants=[AssociatedTenant("acme", ["Shredder", "Editor"]), AssociatedTenant("globex")])
        cleo.update(sdk.sign_in("cleo"))
        same((cleo["roles"], cleo["permissions"], cleo["sessionToken"]["amr"]), (["Reader"], ["notes.read"], ["pwd"]))
        same_set(list(cleo["tenants"]), ["acme", "globex"], "tenants")
        holds("dct" not in cleo["sessionToken"], "no tenant that was not selected")

    for helper, args, want in (
        ("validate_permissions", [["notes.read"]], True),
        ("validate_permissions", [[]], True),
        ("validate_permissions", [["notes.delete"]], False),
        ("validate_permissions", [["notes.read", "notes.write"]], False),
        ("validate_permissions", [["nothing"]], False),
        ("validate_roles", [["Reader"]], True),
        ("validate_roles", [["Shredder"]], False),
        ("validate_roles", [[]], True),
        ("validate_tenant_permissions", ["acme", ["notes.read", "notes.write", "notes.delete"]], True),
        ("validate_tenant_permissions", ["acme", ["nothing"]], False),
        ("validate_tenant_permissions", ["globex", []], True),
        ("validate_tenant_permissions", ["globex", ["notes.read"]], False),
        ("validate_tenant_permissions", ["umbrella", []], False),
        ("validate_tenant_roles", ["acme", ["Shredder", "Editor"]], True),
        ("validate_tenant_roles", ["acme", ["Reader"]], False),
        ("validate_tenant_roles", ["globex", []], True),
        ("validate_tenant_roles", ["globex", ["Editor"]], False),
        ("validate_tenant_roles", ["umbrella", []], False),
        ("get_matched_permissions", [["notes.delete", "notes.read"]], ["notes.read"]),
        ("get_matched_roles", [["Editor", "Reader"]], ["Reader"]),
        ("get_matched_tenant_permissions", ["acme", ["notes.write", "nothing", "notes.delete"]], ["notes.write", "notes.delete"]),
        ("get_matched_tenant_permissions", ["umbrella", ["notes.write"]], []),
        ("get_matched_tenant_roles", ["acme", ["Reader", "Shredder"]], ["Shredder"]),
        ("get_matched_tenant_roles", ["umbrella", ["Reader"]], []),
    ):

        @checks(f"claims: {helper}({', '.join(map(repr, args))}) is {want!r}")
        def _():
            holds(cleo, "a session of the user")
            same(getattr(a, helper)(cleo, *args), want)
            same(getattr(a, helper)(a.validate_session(session_jwt(cleo)), *args), want, "of the validated session")

    @checks("claims: a role taken away is gone at the next refresh")
    def _():
        sdk.mgmt.user.remove_roles("cleo", ["Reader"])
        sdk.mgmt.user.remove_tenant_roles("cleo", "acme", ["Shredder"])
        fresh = a.refresh_session(refresh_jwt(cleo))
        got = a.validate_roles(fresh, ["Reader"]), a.validate_tenant_roles(fresh, "acme", ["Shredder"]), a.validate_tenant_roles(fresh, "acme", ["Editor"])
        same(got, (False, False, True))

    @checks("claims: a membership that ended is gone at the next refresh")
    def _():
        sdk.mgmt.user.remove_tenant("cleo", "globex")
        same(list(a.refresh_session(refresh_jwt(cleo))["tenants"]), ["acme"], "tenants")

    @checks("claims: a permission renamed has its new name at the next refresh")
    def _():
        sdk.mgmt.permission.update("notes.write", "notes.alter")
        fresh = a.refresh_session(refresh_jwt(cleo))
        sdk.mgmt.permission.update("notes.alter", "notes.write")
        same((a.validate_tenant_permissions(fresh, "acme", ["notes.alter"]), a.validate_tenant_permissions(fresh, "acme", ["notes.write"])), (True, False))


def selection(sdk):
    a = sdk.auth
    selma = {}

    @checks("select: a tenant")
    def _():
        sdk.new_user("selma", role_names=["Reader"], user_tenants=[AssociatedTenant("acme", ["Editor"]), AssociatedTenant("globex")])
        selma.update(a.select_tenant("acme", refresh_jwt(sdk.sign_in("selma"))))
        same(selma["sessionToken"]["dct"], "acme", "selected tenant")

    @checks("select: the token keeps its map of tenants")
    def _():
        same_set(list(selma["tenants"]), ["acme", "globex"], "tenants")
        same((a.validate_tenant_roles(selma, "acme", ["Editor"]), a.validate_roles(selma, ["Editor"]), a.validate_roles(selma, ["Reader"])), (True, False, True))

    @checks("select: lasts over a refresh")
    def _():
        same(a.refresh_session(refresh_jwt(selma))["sessionToken"]["dct"], "acme", "selected tenant")

    @checks("select: my tenants tells the selected one")
    def _():
        same([t["id"] for t in a.my_tenants(refresh_jwt(selma), dct=True)["tenants"]], ["acme"], "tenants")

    @checks("select: another")
    def _():
        same(a.select_tenant("globex", refresh_jwt(selma))["sessionToken"]["dct"], "globex", "selected tenant")

    for whose, tenant in (("a tenant of others", "umbrella"), ("an unknown tenant", "no-such-tenant")):

        @checks(f"select: {whose} is refused")
        def _():
            refused(lambda: a.select_tenant(tenant, refresh_jwt(selma)), BAD, UNPROVEN, FORBIDDEN, UNKNOWN)


def endings(sdk):
    a, u = sdk.auth, sdk.mgmt.user

    @checks("logout: ends this session and no other")
    def _():
        sdk.new_user("lou")
        first, second = sdk.sign_in("lou"), sdk.sign_in("lou")
        a.logout(refresh_jwt(first))
        over(sdk, first, LOGGED_OUT)
        refused(lambda: a.me(refresh_jwt(first)), UNPROVEN)
        a.refresh_session(refresh_jwt(second))

    @checks("logout: all ends every session")
    def _():
        first, second = sdk.sign_in("lou"), sdk.sign_in("lou")
        a.logout_all(refresh_jwt(first))
        over(sdk, first)
        over(sdk, second)

    @checks("logout: with what is no token is refused")
    def _():
        refused(lambda: a.logout("none"), UNPROVEN)
        refused(lambda: a.logout_all("none"), UNPROVEN)

    for how, finish in (
        ("logout by management", lambda user: u.logout_user(user["loginIds"][0])),
        ("logout by management, by user id", lambda user: u.logout_user_by_user_id(user["userId"])),
        ("a new password", lambda user: u.set_active_password(user["loginIds"][0], PASSWORD)),
        ("an expired password", lambda user: u.expire_password(user["loginIds"][0])),
    ):

        @checks(f"logout: {how} ends the sessions")
        def _():
            u.set_active_password("lou", PASSWORD)
            auth = sdk.sign_in("lou")
            finish(auth["user"])
            over(sdk, auth)

    @checks("logout: of an unknown user is refused")
    def _():
        refused_as(USER_NOT_FOUND, lambda: u.logout_user("nobody"), BAD, UNKNOWN)

    @checks("logout: a user deactivated neither refreshes nor signs in, until activated")
    def _():
        u.set_active_password("lou", PASSWORD)
        auth = sdk.sign_in("lou")
        u.deactivate("lou")
        refused(lambda: a.refresh_session(refresh_jwt(auth)), UNPROVEN, FORBIDDEN)
        refused(lambda: sdk.sign_in("lou"), BAD, UNPROVEN, FORBIDDEN)
        u.activate("lou")
        sdk.sign_in("lou")

    @checks("logout: a user deleted does not refresh")
    def _():
        auth = sdk.sign_in("lou")
        u.delete("lou")
        over(sdk, auth)


def managed(sdk):
    a, m = sdk.auth, sdk.mgmt.jwt
    update = lambda auth, claims, *duration: a.validate_session(m.update_jwt(session_jwt(auth), claims, *duration))

    @checks("management sign-in: gives both tokens")
    def _():
        sdk.new_user("mia", role_names=["Reader"])
        auth = m.sign_in("mia", MgmtLoginOptions(custom_claims={"shift": "night"}))
        same((auth["sessionToken"]["shift"], auth["roles"], auth["user"]["loginIds"]), ("night", ["Reader"], ["mia"]))
        same(a.refresh_session(refresh_jwt(auth))["sessionToken"]["shift"], "night", "claim, refreshed")

    @checks("management sign-in: of an unknown user is refused")
    def _():
        refused(lambda: m.sign_in("nobody"), BAD, UNKNOWN)

    @checks("jwt update: adds claims, and keeps what it is")
    def _():
        auth = sdk.sign_in("mia")
        got = update(auth, {"floor": "third"})
        same((got["floor"], got["drn"], got["userId"], got["exp"]), ("third", "DS", auth["userId"], auth["sessionToken"]["exp"]))

    @checks("jwt update: has new authority")
    def _():
        auth = sdk.sign_in("mia")
        sdk.mgmt.user.add_roles("mia", ["Editor"])
        same(a.validate_roles(update(auth, {}), ["Editor"]), True, "Editor")

    @checks("jwt update: a new lifetime")
    def _():
        left = update(sdk.sign_in("mia"), {}, 120)["exp"] - time.time()
        holds(0 < left < 121, f"two minutes, not {left} s")

    @checks("jwt update: claims that decide who one is are not taken")
    def _():
        auth = sdk.sign_in("mia")
        refused(lambda: m.update_jwt(session_jwt(auth), {"sub": "owner", "roles": ["Tenant Admin"], "drn": "DSR"}), BAD)

    @checks("jwt update: a token that was changed, or is none, is refused")
    def _():
        auth = sdk.sign_in("mia")
        refused(lambda: m.update_jwt(forged(session_jwt(auth)), {}), BAD, UNPROVEN)
        refused(lambda: m.update_jwt("none", {}), BAD, UNPROVEN)


def limits(sdk):
    """The last group: it leaves no more attempts to sign in from here."""

    @checks("limits: guessing is slowed down, with when to try again")
    def _():
        sdk.new_user("guessed")
        for _ in range(60):
            e = limited(lambda: sdk.auth.password.sign_in("guessed", "Wrong-Horse-9-Battery"))
            if e:
                same(e.status_code, RATE_LIMITED, "error code")
                holds(e.rate_limit_parameters["Retry-After"] > 0, "a time to wait")
                holds(e.error_message and e.error_description, "message and description")
                return
        raise AssertionError("60 wrong passwords were tried")
