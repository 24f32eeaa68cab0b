"""Single sign-on settings, audit, snapshots and groups."""

from datetime import datetime, timedelta, timezone

from check import BAD, NO_METHOD, UNKNOWN, checks, holds, one, refused, refused_as, same, same_set
from descope.management.sso_settings import AttributeMapping, OIDCAttributeMapping, RoleMapping, SSOOIDCSettings, SSOSAMLSettings, SSOSAMLSettingsByMetadata
from rbac import role


def sso(sdk):
    m = sdk.mgmt.sso
    saml = lambda mapping="Reader": SSOSAMLSettings(
        idp_url="https://idp.example/sso", idp_entity_id="idp", idp_cert="certificate",
        attribute_mapping=AttributeMapping(name="cn", email="mail", group="groups"),
        role_mappings=[RoleMapping(["staff", "crew"], mapping)], default_sso_roles=["Editor"],
    )
    mapping = lambda: one(m.load_settings("acme")["saml"]["groupsMapping"], "mappings")

    @checks("sso: SAML, configured and loaded")
    def _():
        m.configure_saml_settings("acme", saml(), "https://acme.example/in", ["acme.example"])
        got = m.load_settings("acme")
        same((got["tenant"]["id"], got["tenant"]["authType"], got["tenant"]["domains"]), ("acme", "saml", ["acme.example"]))
        s = got["saml"]
        same((s["idpSSOUrl"], s["idpEntityId"], s["idpCertificate"], s["redirectUrl"]), ("https://idp.example/sso", "idp", "certificate", "https://acme.example/in"))
        same((s["attributeMapping"]["email"], s["defaultSSORoles"]), ("mail", ["Editor"]))

    @checks("sso: what the service provider is called")
    def _():
        s = m.load_settings("acme")["saml"]
        same(s["spEntityId"], sdk.server["project_id"] + "-acme", "entity id")
        holds(f"projectId={sdk.server['project_id']}" in s["spACSUrl"] and "tenantId=acme" in s["spACSUrl"], "project and tenant in the ACS URL")

    @checks("known difference: the settings are kept and SAML is not spoken, so the service provider has no certificate")
    def _():
        same(m.load_settings("acme")["saml"]["spCertificate"], "", "certificate")

    @checks("sso: groups are mapped to a role, by its id and name")
    def _():
        got = mapping()
        same(got["role"], {"id": role(sdk, "Reader")["id"], "name": "Reader"}, "role")
        same_set(got["groups"], ["staff", "crew"], "groups")

    @checks("sso: a mapping follows when its role is renamed")
    def _():
        sdk.mgmt.role.update("Reader", "Viewer", permission_names=["notes.read"])
        same(mapping()["role"]["name"], "Viewer", "role")
        sdk.mgmt.role.update("Viewer", "Reader", permission_names=["notes.read"])

    @checks("sso: a mapping to an unknown role is refused, and changes nothing")
    def _():
        refused(lambda: m.configure_saml_settings("acme", saml("Ghost")), BAD, UNKNOWN)
        same(mapping()["role"]["name"], "Reader", "role")

    @checks("sso: configure replaces")
    def _():
        m.configure_saml_settings("acme", SSOSAMLSettings("https://idp.example/2", "idp2", "certificate2"))
        got = m.load_settings("acme")["saml"]
        same((got["idpSSOUrl"], got["groupsMapping"]), ("https://idp.example/2", []))

    @checks("sso: SAML by metadata")
    def _():
        m.configure_saml_settings_by_metadata("acme", SSOSAMLSettingsByMetadata("https://idp.example/metadata", role_mappings=[RoleMapping(["staff"], "Reader")]))
        same(m.load_settings("acme")["saml"]["idpMetadataUrl"], "https://idp.example/metadata", "URL")
        same(mapping()["role"]["name"], "Reader", "role")

    @checks("sso: OIDC, configured and loaded, its secret never told")
    def _():
        attributes = OIDCAttributeMapping("sub", "name", "given", "middle", "family", "email", "verified", "user", "phone", "verifiedPhone", "picture")
        m.configure_oidc_settings("globex", SSOOIDCSettings(
            "idp", "client", "secret", "https://globex.example/in", "https://idp.example/auth", "https://idp.example/token", "https://idp.example/me",
            ["openid", "email"], "https://idp.example/keys", attributes, grant_type="authorization_code", issuer="https://idp.example",
        ), ["globex.example"])
        got = m.load_settings("globex")
        o = got["oidc"]
        same((got["tenant"]["authType"], o["name"], o["clientId"], o["clientSecret"], o["JWKsUrl"], o["issuer"], o["authUrl"], o["tokenUrl"]),
             ("oidc", "idp", "client", "", "https://idp.example/keys", "https://idp.example", "https://idp.example/auth", "https://idp.example/token"))
        same_set(o["scope"], ["openid", "email"], "scope")
        same((o["userAttrMapping"]["loginId"], o["userAttrMapping"]["email"]), ("sub", "email"))

    @checks("sso: a second configuration of one tenant")
    def _():
        same(m.new_settings("acme", "Second", "second")["ssoId"], "second", "id")
        same(len(m.load_all_settings("acme")["SSOSettings"]), 2, "settings of acme")
        m.delete_settings("acme", "second")
        same(len(m.load_all_settings("acme")["SSOSettings"]), 1, "settings of acme")

    @checks("sso: delete")
    def _():
        m.delete_settings("acme")
        got = m.load_settings("acme")
        holds(not got["saml"].get("idpMetadataUrl") and got["tenant"]["authType"] == "none", "no settings")

    @checks("sso: settings of an unknown tenant are refused")
    def _():
        refused(lambda: m.load_settings("no-such-tenant"), BAD, UNKNOWN)
        refused(lambda: m.configure_saml_settings("no-such-tenant", saml()), BAD, UNKNOWN)

    for call, args in (
        ("get_settings", ["acme"]),
        ("configure", ["acme", "https://idp.example/sso", "idp", "certificate", "https://acme.example/in"]),
        ("configure_via_metadata", ["acme", "https://idp.example/metadata"]),
        ("mapping", ["acme", [RoleMapping(["staff"], "Reader")], AttributeMapping(name="cn")]),
    ):

        @checks(f"known difference: {call}, which the SDK deprecates, is refused")
        def _():
            refused(lambda: getattr(m, call)(*args), UNKNOWN, NO_METHOD)


def audit(sdk):
    m = sdk.mgmt.audit

    @checks("audit: an event is found afterwards")
    def _():
        m.create_event("door.opened", "info", "porter", "acme", data={"door": "3"})
        got = one(m.search(actions=["door.opened"])["audits"], "events")
        same((got["action"], got["tenants"], got["data"], got["projectId"]), ("door.opened", ["acme"], {"door": "3"}, sdk.server["project_id"]))
        age = datetime.now(timezone.utc) - got["occurred"].replace(tzinfo=timezone.utc)
        holds(abs(age) < timedelta(minutes=10), "now")

    @checks("audit: an event of a type that is none is refused")
    def _():
        refused(lambda: m.create_event("door.opened", "loud", "porter", "acme"), BAD)

    @checks("audit: what was done through management is found")
    def _():
        holds(len(m.search()["audits"]) > 10, "events")
        holds(m.search(actions=["RoleCreated"])["audits"], "roles made")

    @checks("audit: by tenant, and by time")
    def _():
        same({t for a in m.search(tenants=["acme"], actions=["door.opened"])["audits"] for t in a["tenants"]}, {"acme"}, "tenants")
        now = datetime.now()
        same(m.search(from_ts=now + timedelta(hours=1))["audits"], [], "events of the future")
        same(m.search(to_ts=now - timedelta(hours=1))["audits"], [], "events of the past")
        holds(m.search(from_ts=now - timedelta(hours=1), to_ts=now + timedelta(hours=1))["audits"], "events of now")

    @checks("audit: an action that never was finds none")
    def _():
        same(m.search(actions=["never"])["audits"], [], "events")

    @checks("audit: excluded actions are not found")
    def _():
        holds(all(a["action"] != "RoleCreated" for a in m.search(excluded_actions=["RoleCreated"])["audits"]), "none of them")


def others(sdk):
    p, g = sdk.mgmt.project, sdk.mgmt.group

    @checks("snapshot: export, validate, and import again changes nothing")
    def _():
        files = p.export_snapshot()["files"]
        holds(files, "files")
        valid = p.validate_snapshot(files)
        same((valid["ok"], valid["failures"]), (True, []))
        p.import_snapshot(files)
        same_set(role(sdk, "Editor")["permissionNames"], ["notes.read", "notes.write"], "permissions of a role")

    @checks("snapshot: what was deleted comes back")
    def _():
        files = p.export_snapshot()["files"]
        before = role(sdk, "Editor")
        sdk.mgmt.role.create("Spare", permission_names=["notes.read"])
        p.import_snapshot(p.export_snapshot()["files"])
        sdk.mgmt.role.delete("Spare")
        p.import_snapshot(files)
        same(role(sdk, "Editor"), before, "role")

    @checks("snapshot: by the older calls")
    def _():
        p.import_project(p.export_project())

    @checks("groups: those of a tenant, and of a user, are lists")
    def _():
        user_id = sdk.mgmt.user.load("rita")["user"]["userId"]
        for got in (g.load_all_groups("acme"), g.load_all_groups_for_members("acme", login_ids=["rita"]), g.load_all_groups_for_members("acme", user_ids=[user_id])):
            same(got, [], "groups")

    @checks("groups: a group that nobody made is none")
    def _():
        same(g.load_all_group_members("acme", "no-such-group"), [], "groups")

    @checks("groups: those of an unknown tenant are refused")
    def _():
        refused(lambda: g.load_all_groups("no-such-tenant"), BAD, UNKNOWN)

    @checks("license: a tier")
    def _():
        holds(sdk.mgmt.license.get()["rateLimitTier"], "a tier")

    for name, call in (
        ("tenant.patch_tenant", lambda: sdk.mgmt.tenant.patch_tenant("acme", name="Acme")),
        ("tenant.load_settings", lambda: sdk.mgmt.tenant.load_settings("acme")),
        ("jwt.anonymous", lambda: sdk.mgmt.jwt.anonymous()),
        ("user.history", lambda: sdk.mgmt.user.history([])),
        ("user.generate_embedded_link", lambda: sdk.mgmt.user.generate_embedded_link("rita")),
        ("management_key.search", lambda: sdk.mgmt.management_key.search()),
        ("password.send_reset", lambda: sdk.auth.password.send_reset("rita")),
    ):

        @checks(f"known difference: {name} is refused")
        def _():
            refused_as("E011404", call, UNKNOWN)
