"""Users."""

import re
import time

from check import BAD, PASSWORD, UNKNOWN, UNPROVEN, USER_EXISTS, USER_NOT_FOUND, checks, holds, one, refused, refused_as, same, same_set
from descope import AssociatedTenant
from descope.management.common import Sort
from descope.management.user import UserObj
from descope.management.user_pwd import UserPassword, UserPasswordBcrypt
from rbac import membership

BCRYPT_PASSWORD = "Hashed-Elsewhere-1"
BCRYPT_HASH = "$2a$10$wy9t9rjwg4LC81ggavGGxOX/U/lAVhPGlXbMUGXN.kwPb8NH/fOSi"


def users(sdk):
    u = sdk.mgmt.user
    load = lambda login: u.load(login)["user"]

    @checks("user: create with all fields")
    def _():
        got = u.create(
            "desk@acme.example", email="desk@acme.example", phone="+1-555-555-0100", display_name="Desk", given_name="De", middle_name="M.", family_name="Sk",
            role_names=["Reader"], user_tenants=[AssociatedTenant("acme", ["Steward"]), AssociatedTenant("globex")],
            custom_attributes={"floor": 3}, picture="https://acme.example/desk.png", verified_phone=True, additional_login_ids=["desk"],
        )["user"]
        holds(re.fullmatch("U[0-9A-Za-z]{27}", got["userId"]), "a user id of U and 27 letters or digits")
        same_set(got["loginIds"], ["desk@acme.example", "desk"], "login ids")
        same((got["name"], got["givenName"], got["middleName"], got["familyName"]), ("Desk", "De", "M.", "Sk"), "names")
        same((got["email"], got["phone"], got["verifiedPhone"]), ("desk@acme.example", "+15555550100", True))
        same(got["roleNames"], ["Reader"], "roles")
        same(membership(got, "acme")["roleNames"], ["Steward"], "roles in acme")
        same(membership(got, "globex")["roleNames"], [], "roles in globex")
        same((got["customAttributes"], got["picture"], got["status"], got["test"]), ({"floor": 3}, "https://acme.example/desk.png", "invited", False))
        holds(got["createdTime"] > 1_700_000_000 and got["modifiedTime"] >= got["createdTime"], "times in seconds")

    @checks("user: create with a login id alone has zero values, not none")
    def _():
        got = u.create("plain")["user"]
        same([got[k] for k in ("name", "email", "phone", "picture", "givenName")], [""] * 5)
        same([got[k] for k in ("roleNames", "userTenants", "customAttributes", "ssoAppIds", "OAuth")], [[], [], {}, [], {}])
        same([got[k] for k in ("verifiedEmail", "verifiedPhone", "test", "password", "webauthn", "TOTP", "SAML", "SCIM")], [False] * 8)

    @checks("user: a login id that is an e-mail address becomes the verified e-mail")
    def _():
        got = u.create("plain@acme.example")["user"]
        same((got["email"], got["verifiedEmail"]), ("plain@acme.example", True))

    @checks("user: a phone as login id is normalised")
    def _():
        same(u.create("+1-555-555-0199", phone="+1-555-555-0199")["user"]["loginIds"], ["+15555550199"], "login ids")

    @checks("user: create as enabled")
    def _():
        same(u.create("able", status="enabled")["user"]["status"], "enabled", "status")

    @checks("user: a login id that is taken is refused")
    def _():
        refused_as(USER_EXISTS, lambda: u.create("desk"), BAD)

    @checks("user: an empty login id is refused")
    def _():
        refused(lambda: u.create(""), BAD)

    @checks("user: an unknown role is refused, and nobody is created")
    def _():
        refused(lambda: u.create("ghost", role_names=["Ghost"]), BAD, UNKNOWN)
        refused_as(USER_NOT_FOUND, lambda: u.load("ghost"), BAD, UNKNOWN)

    @checks("user: an unknown tenant is refused")
    def _():
        refused(lambda: u.create("ghost", user_tenants=[AssociatedTenant("no-such-tenant")]), BAD, UNKNOWN)

    @checks("user: a name too long is refused")
    def _():
        refused(lambda: u.create("ghost", display_name="x" * 100_000), BAD)

    @checks("user: load by login id, by another, by user id")
    def _():
        user_id = load("desk@acme.example")["userId"]
        for got in (load("desk"), load(user_id), u.load_by_user_id(user_id)["user"]):
            same(got["userId"], user_id, "user id")

    @checks("user: load of an unknown login id is refused")
    def _():
        refused_as(USER_NOT_FOUND, lambda: u.load("nobody"), BAD, UNKNOWN)

    @checks("user: load of an unknown user id is refused")
    def _():
        refused_as(USER_NOT_FOUND, lambda: u.load_by_user_id("U" + "z" * 27), BAD, UNKNOWN)

    @checks("user: load of several")
    def _():
        ids = [load("desk")["userId"], load("rita")["userId"]]
        same_set([x["userId"] for x in u.load_users(ids)["users"]], ids, "users")

    @checks("user: create a test user")
    def _():
        same(u.create_test_user("tess")["user"]["test"], True, "test")

    @checks("user: invite, and again")
    def _():
        a = u.invite("guest@acme.example", role_names=["Reader"], send_mail=False, send_sms=False, invite_url="https://acme.example")["user"]
        same((a["status"], a["verifiedEmail"], a["roleNames"]), ("invited", True, ["Reader"]))
        same(u.invite("guest@acme.example")["user"]["userId"], a["userId"], "user id")

    @checks("user: delete")
    def _():
        u.delete("guest@acme.example")
        refused_as(USER_NOT_FOUND, lambda: u.load("guest@acme.example"), BAD, UNKNOWN)

    @checks("user: delete by user id")
    def _():
        u.delete_by_user_id(u.create("brief")["user"]["userId"])
        refused_as(USER_NOT_FOUND, lambda: u.load("brief"), BAD, UNKNOWN)

    @checks("user: delete of an unknown login id is refused")
    def _():
        refused_as(USER_NOT_FOUND, lambda: u.delete("nobody"), BAD, UNKNOWN)

    @checks("user: a login id that was deleted can be used again")
    def _():
        u.create("brief")


def changes(sdk):
    u = sdk.mgmt.user
    changed = lambda call, *args, **options: getattr(u, call)("chang", *args, **options)["user"]

    @checks("user: update replaces everything")
    def _():
        u.create("chang", display_name="Chang", phone="+15555550111", role_names=["Reader"], user_tenants=[AssociatedTenant("acme")], custom_attributes={"a": "b"})
        got = changed("update", display_name="Ching", family_name="Li")
        same((got["name"], got["familyName"], got["phone"], got["roleNames"], got["userTenants"], got["customAttributes"]), ("Ching", "Li", "", [], [], {}))

    @checks("user: update of an unknown user is refused")
    def _():
        refused_as(USER_NOT_FOUND, lambda: u.update("nobody"), BAD, UNKNOWN)

    @checks("user: patch changes what it names")
    def _():
        u.set_roles("chang", ["Reader"])
        got = changed("patch", display_name="Patched")
        same((got["name"], got["familyName"], got["roleNames"]), ("Patched", "Li", ["Reader"]))

    @checks("user: patch with no roles clears roles and leaves the rest")
    def _():
        got = changed("patch", role_names=[])
        same((got["name"], got["roleNames"]), ("Patched", []))

    @checks("user: patch of tenants, attributes and status")
    def _():
        got = changed("patch", user_tenants=[AssociatedTenant("acme", ["Steward"])], custom_attributes={"a": "c"}, status="disabled")
        same((membership(got, "acme")["roleNames"], got["customAttributes"], got["status"], got["name"]), (["Steward"], {"a": "c"}, "disabled", "Patched"))
        changed("patch", user_tenants=[], status="enabled")

    @checks("user: patch of a phone number has it verified, unless it says otherwise")
    def _():
        same(changed("patch", phone="+1234567890")["verifiedPhone"], True, "verified")
        same(changed("patch", phone="+1234567891", verified_phone=False)["verifiedPhone"], False, "verified")

    @checks("user: patch of an unknown user is refused")
    def _():
        refused_as(USER_NOT_FOUND, lambda: u.patch("nobody", display_name="x"), BAD, UNKNOWN)

    @checks("user: patch several")
    def _():
        got = u.patch_batch([UserObj("chang", display_name="Chang"), UserObj("nobody", display_name="x")])
        same((len(got["patchedUsers"]), len(got["failedUsers"])), (1, 1))

    @checks("user: deactivate")
    def _():
        same(changed("deactivate")["status"], "disabled", "status")

    @checks("user: activate")
    def _():
        same(changed("activate")["status"], "enabled", "status")

    @checks("user: update display name")
    def _():
        got = changed("update_display_name", "Shown")
        same((got["name"], got["familyName"]), ("Shown", "Li"))

    @checks("user: update names")
    def _():
        got = changed("update_display_name", "Shown", "A", "B", "C")
        same((got["name"], got["givenName"], got["middleName"], got["familyName"]), ("Shown", "A", "B", "C"))

    @checks("user: update e-mail, and remove it")
    def _():
        got = changed("update_email", "chang@acme.example", True)
        same((got["email"], got["verifiedEmail"]), ("chang@acme.example", True))
        same(changed("update_email", "", False)["email"], "", "e-mail")

    @checks("user: update phone, and remove it")
    def _():
        got = changed("update_phone", "+1-555-555-0122", False)
        same((got["phone"], got["verifiedPhone"]), ("+15555550122", False))
        same(changed("update_phone", "", False)["phone"], "", "phone")

    @checks("user: update e-mail to another user's is refused, if conflicts are to fail")
    def _():
        refused(lambda: u.update_email("chang", "desk@acme.example", True, fail_on_conflict=True), BAD)

    @checks("user: update picture")
    def _():
        same(changed("update_picture", "https://acme.example/c.png")["picture"], "https://acme.example/c.png", "picture")

    for value in ("high", 7, True):

        @checks(f"user: update a custom attribute to {value!r}")
        def _():
            same(changed("update_custom_attribute", "level", value)["customAttributes"]["level"], value, "attribute")

    @checks("user: update login id")
    def _():
        user_id = u.load("chang")["user"]["userId"]
        got = changed("update_login_id", "changed")
        same((got["userId"], got["loginIds"]), (user_id, ["changed"]))
        refused_as(USER_NOT_FOUND, lambda: u.load("chang"), BAD, UNKNOWN)

    @checks("user: update login id to one that is taken is refused")
    def _():
        refused(lambda: u.update_login_id("changed", "rita"), BAD)

    @checks("user: the last login id can't be removed")
    def _():
        refused(lambda: u.update_login_id("changed", ""), BAD)

    @checks("user: one of two login ids can be removed")
    def _():
        same(u.update_login_id("desk", "")["user"]["loginIds"], ["desk@acme.example"], "login ids")

    for call, args in (
        ("update_email", ["x@acme.example", True]), ("update_phone", ["+15555550123", True]), ("update_display_name", ["x"]), ("update_picture", ["x"]),
        ("update_custom_attribute", ["a", "b"]), ("update_login_id", ["x"]), ("activate", []), ("deactivate", []), ("add_tenant", ["acme"]), ("remove_tenant", ["acme"]),
    ):

        @checks(f"user: {call} of an unknown user is refused")
        def _():
            refused_as(USER_NOT_FOUND, lambda: getattr(u, call)("nobody", *args), BAD, UNKNOWN)


def batches(sdk):
    u = sdk.mgmt.user

    @checks("user batch: invite, with a password that works")
    def _():
        got = u.invite_batch(
            [
                UserObj("one@acme.example", role_names=["Reader"]),
                UserObj("two", password=UserPassword(cleartext=PASSWORD), status="enabled", user_tenants=[AssociatedTenant("acme", ["Steward"])]),
            ],
            invite_url="https://acme.example/welcome", send_mail=False, send_sms=False,
        )
        same((len(got["createdUsers"]), got["failedUsers"]), (2, []))
        same_set([x["status"] for x in got["createdUsers"]], ["invited", "enabled"], "status")
        same(membership(u.load("two")["user"], "acme")["roleNames"], ["Steward"], "roles in acme")
        sdk.sign_in("two")

    @checks("user batch: who can't be made is told, and the others are made")
    def _():
        got = u.invite_batch([UserObj("three"), UserObj("four", role_names=["Ghost"])])
        same(one(got["createdUsers"], "created")["loginIds"], ["three"], "created")
        holds(one(got["failedUsers"], "failed")["failure"], "a reason")
        refused_as(USER_NOT_FOUND, lambda: u.load("four"), BAD, UNKNOWN)

    @checks("user batch: a bcrypt hash works as password")
    def _():
        u.invite_batch([UserObj("hashed", password=UserPassword(hashed=UserPasswordBcrypt(BCRYPT_HASH)))])
        sdk.auth.password.sign_in("hashed", BCRYPT_PASSWORD)
        refused(lambda: sdk.auth.password.sign_in("hashed", "not " + BCRYPT_PASSWORD), UNPROVEN)

    @checks("user batch: delete")
    def _():
        u.delete_batch([u.load(x)["user"]["userId"] for x in ("one@acme.example", "two")])
        refused_as(USER_NOT_FOUND, lambda: u.load("two"), BAD, UNKNOWN)

    @checks("user batch: delete of all test users")
    def _():
        u.delete_all_test_users()
        refused_as(USER_NOT_FOUND, lambda: u.load("tess"), BAD, UNKNOWN)
        u.load("rita")


def search(sdk):
    u = sdk.mgmt.user
    found = lambda **options: [x["loginIds"][0] for x in u.search_all(**options)["users"]]

    @checks("user search: a world of three")
    def _():
        u.create(
            "s-ann", display_name="Ann Search", email="s-ann@search.example", phone="+15555550161", role_names=["Editor"],
            user_tenants=[AssociatedTenant("globex", ["Reader", "Editor"])], custom_attributes={"team": "blue"},
        )
        u.create("s-bob", display_name="Bob Search", user_tenants=[AssociatedTenant("globex", ["Reader"])])
        u.deactivate("s-bob")
        u.create_test_user("s-tim", display_name="Tim Search")

    two = {"globex": {"values": ["Reader", "Editor"]}}
    for by, options, want in (
        ("text", {}, ["s-ann", "s-bob"]),
        ("login id", {"login_ids": ["s-ann", "s-bob", "nobody"]}, ["s-ann", "s-bob"]),
        ("e-mail", {"emails": ["s-ann@search.example"]}, ["s-ann"]),
        ("phone", {"phones": ["+15555550161"]}, ["s-ann"]),
        ("role", {"role_names": ["Editor"]}, ["s-ann"]),
        ("tenant", {"tenant_ids": ["globex"]}, ["s-ann", "s-bob"]),
        ("status", {"statuses": ["disabled"]}, ["s-bob"]),
        ("attribute", {"custom_attributes": {"team": "blue"}}, ["s-ann"]),
        ("any of the roles in a tenant", {"tenant_role_names": two}, ["s-ann", "s-bob"]),
        ("all of the roles in a tenant", {"tenant_role_names": {"globex": two["globex"] | {"and": True}}}, ["s-ann"]),
        ("text, with test users", {"with_test_user": True}, ["s-ann", "s-bob", "s-tim"]),
        ("text, test users only", {"test_users_only": True}, ["s-tim"]),
        ("a time in the future", {"from_created_time": 4_000_000_000_000}, []),
        ("a time now past", {"to_created_time": int(time.time() - 3600) * 1000}, []),
        ("a login id that nobody has", {"login_ids": ["nobody"]}, []),
    ):

        @checks(f"user search: by {by}")
        def _():
            same_set(found(text="search", **options), want, "users")

    @checks("user search: by user id")
    def _():
        same(found(user_ids=[u.load("s-bob")["user"]["userId"]]), ["s-bob"], "users")

    @checks("user search: sorted, in pages, with the total of all")
    def _():
        page = lambda n: u.search_all(text="search", limit=1, page=n, sort=[Sort("name", True)])
        same([one(page(n)["users"], "users")["loginIds"][0] for n in (0, 1)], ["s-bob", "s-ann"], "users")
        same([page(n)["total"] for n in (0, 1)], [2, 2], "totals")

    @checks("user search: test users by their own call")
    def _():
        same(one(u.search_all_test_users(text="search")["users"], "users")["loginIds"], ["s-tim"], "users")
