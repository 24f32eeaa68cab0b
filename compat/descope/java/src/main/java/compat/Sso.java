package compat;

import static compat.Check.NO_ROLE;
import static compat.Check.NO_TENANT;
import static compat.Check.check;
import static compat.Check.holds;
import static compat.Check.of;
import static compat.Check.one;
import static compat.Check.refused;
import static compat.Check.same;
import static compat.Check.sameSet;

import com.descope.model.sso.AttributeMapping;
import com.descope.model.sso.GroupsMapping;
import com.descope.model.sso.OIDCAttributeMapping;
import com.descope.model.sso.RoleMapping;
import com.descope.model.sso.SSOOIDCSettings;
import com.descope.model.sso.SSOSAMLSettings;
import com.descope.model.sso.SSOSAMLSettingsByMetadata;
import java.util.List;

/** Single sign-on settings. */
final class Sso {
  private Sso() {}

  private static SSOSAMLSettings saml(String role) {
    return SSOSAMLSettings.builder().idpUrl("https://idp.example/sso").entityId("idp").idpCert("certificate")
        .attributeMapping(AttributeMapping.builder().name("cn").email("mail").group("groups").build())
        .roleMappings(List.of(new RoleMapping(List.of("staff", "crew"), role))).build();
  }

  private static GroupsMapping mapping(Sdk sdk) {
    return one(sdk.sso.loadSettings("acme").getSaml().getGroupsMapping(), "mappings");
  }

  static void sso(Sdk sdk) {
    var m = sdk.sso;
    check("sso: SAML, configured and loaded", () -> {
      m.configureSAMLSettings("acme", saml("Reader"), "https://acme.example/in", List.of("acme.example"));
      var got = m.loadSettings("acme");
      same("tenant", of(got.getTenant().getId(), got.getTenant().getAuthType(), got.getTenant().getDomains()), of("acme", "saml", List.of("acme.example")));
      var s = got.getSaml();
      same("settings", of(s.getIdpSSOUrl(), s.getIdpEntityId(), s.getIdpCertificate(), s.getRedirectUrl(), s.getAttributeMapping().getEmail()),
          of("https://idp.example/sso", "idp", "certificate", "https://acme.example/in", "mail"));
    });
    check("sso: what the service provider is called", () -> {
      var s = m.loadSettings("acme").getSaml();
      same("entity id", s.getSpEntityId(), sdk.project + "-acme");
      holds("project and tenant in the ACS URL", s.getSpACSUrl().contains("projectId=" + sdk.project) && s.getSpACSUrl().contains("tenantId=acme"));
    });
    check("known difference: the settings are kept and SAML is not spoken, so the service provider has no certificate", () ->
        same("certificate", m.loadSettings("acme").getSaml().getSpCertificate(), ""));
    check("sso: groups are mapped to a role", () -> {
      same("role", mapping(sdk).getRole().getName(), "Reader");
      holds("its id", !mapping(sdk).getRole().getId().isEmpty());
      sameSet("groups", mapping(sdk).getGroups(), "staff", "crew");
    });
    check("sso: a mapping follows when its role is renamed", () -> {
      sdk.roles.update("Reader", "Viewer", "", List.of("notes.read"));
      same("role", mapping(sdk).getRole().getName(), "Viewer");
      sdk.roles.update("Viewer", "Reader", "", List.of("notes.read"));
    });
    check("sso: a mapping to an unknown role is refused, and changes nothing", () -> {
      refused(NO_ROLE, () -> m.configureSAMLSettings("acme", saml("Ghost"), null, null));
      same("role", mapping(sdk).getRole().getName(), "Reader");
    });
    check("sso: configure replaces", () -> {
      m.configureSAMLSettings("acme", SSOSAMLSettings.builder().idpUrl("https://idp.example/2").entityId("idp2").idpCert("certificate2").build(), null, null);
      var s = m.loadSettings("acme").getSaml();
      same("settings", of(s.getIdpSSOUrl(), s.getGroupsMapping()), of("https://idp.example/2", List.of()));
    });
    check("sso: SAML by metadata", () -> {
      m.configureSAMLSettingsByMetadata("acme", SSOSAMLSettingsByMetadata.builder().idpMetadataUrl("https://idp.example/metadata")
          .roleMappings(List.of(new RoleMapping(List.of("staff"), "Reader"))).build(), null, null);
      same("URL", m.loadSettings("acme").getSaml().getIdpMetadataUrl(), "https://idp.example/metadata");
      same("role", mapping(sdk).getRole().getName(), "Reader");
    });
    check("sso: OIDC, configured and loaded, its secret never told", () -> {
      m.configureOIDCSettings("globex", SSOOIDCSettings.builder().name("idp").clientId("client").clientSecret("secret")
          .authUrl("https://idp.example/auth").tokenUrl("https://idp.example/token").scope(List.of("openid", "email")).jwksUrl("https://idp.example/keys")
          .issuer("https://idp.example").userAttrMapping(OIDCAttributeMapping.builder().loginId("sub").email("email").build()).build(), List.of("globex.example"));
      var got = m.loadSettings("globex");
      var o = got.getOidc();
      same("settings", of(got.getTenant().getAuthType(), o.getName(), o.getClientId(), o.getClientSecret(), o.getJwksUrl(), o.getIssuer(), o.getAuthUrl()),
          of("oidc", "idp", "client", "", "https://idp.example/keys", "https://idp.example", "https://idp.example/auth"));
      sameSet("scope", o.getScope(), "openid", "email");
      same("mapping of login id", o.getUserAttrMapping().getLoginId(), "sub");
    });
    check("sso: delete", () -> {
      m.deleteSettings("acme");
      same("authentication", m.loadSettings("acme").getTenant().getAuthType(), "none");
    });
    check("sso: settings of an unknown tenant are refused", () -> {
      refused(NO_TENANT, () -> m.loadSettings("no-such-tenant"));
      refused(NO_TENANT, () -> m.configureSAMLSettings("no-such-tenant", saml("Reader"), null, null));
      refused(NO_TENANT, () -> m.deleteSettings("no-such-tenant"));
    });
  }
}
