package compat;

import static compat.Check.NO_TENANT;
import static compat.Check.TENANT_EXISTS;
import static compat.Check.check;
import static compat.Check.holds;
import static compat.Check.of;
import static compat.Check.refused;
import static compat.Check.same;
import static compat.Check.sameSet;
import static compat.Sdk.in;

import com.descope.model.tenant.Tenant;
import com.descope.model.tenant.request.TenantSearchRequest;
import com.descope.model.user.request.UserRequest;
import java.util.List;
import java.util.Map;

/** Tenants. */
final class Tenants {
  private Tenants() {}

  static void tenants(Sdk sdk) {
    var m = sdk.tenants;
    var made = new String[1];
    check("tenant: create makes an id", () -> {
      made[0] = m.create("Initech", List.of("initech.example"), Map.of("plan", "gold"));
      holds("an id", !made[0].isEmpty());
    });
    check("tenant: load has all that was given", () -> {
      var t = m.load(made[0]);
      same("tenant", of(t.getId(), t.getName(), t.getSelfProvisioningDomains(), t.getCustomAttributes()),
          of(made[0], "Initech", List.of("initech.example"), Map.of("plan", "gold")));
    });
    check("tenant: create with an id and no more has zero values, not none", () -> {
      m.createWithId("umbrella", "Umbrella", null);
      var t = m.load("umbrella");
      same("tenant", of(t.getName(), t.getAuthType(), t.getDomains(), t.getSelfProvisioningDomains(), t.getCustomAttributes(), t.getDisabled(), t.getEnforceSSO()),
          of("Umbrella", "none", List.of(), List.of(), Map.of(), false, false));
    });
    check("tenant: an id that is taken is refused", () -> refused(TENANT_EXISTS, () -> m.createWithId("umbrella", "Other", null)));
    check("tenant: a name that is taken is refused", () -> refused(TENANT_EXISTS, () -> m.create("Umbrella", null)));
    check("tenant: update replaces all but the id", () -> {
      m.update(made[0], "Initrode", null, null);
      var t = m.load(made[0]);
      same("tenant", of(t.getName(), t.getSelfProvisioningDomains(), t.getCustomAttributes()), of("Initrode", List.of(), Map.of()));
    });
    check("tenant: update with all that there is", () -> {
      m.update(made[0], "Initrode", List.of("initrode.example"), Map.of("plan", "tin"), null, true, true, List.of("peter"), null, "none");
      var t = m.load(made[0]);
      same("tenant", of(t.getDisabled(), t.getEnforceSSO(), t.getEnforceSSOExclusions(), t.getRoleInheritance()), of(true, true, List.of("peter"), "none"));
    });
    check("tenant: update to a name that is taken is refused", () -> refused(TENANT_EXISTS, () -> m.update(made[0], "Umbrella", null, null)));
    check("tenant: update of an unknown id is refused", () -> refused(NO_TENANT, () -> m.update("no-such-tenant", "Ghost", null, null)));
    check("tenant: load of an unknown id is refused", () -> refused(NO_TENANT, () -> m.load("no-such-tenant")));
    check("tenant: load all", () -> holds("all four", ids(m.loadAll()).containsAll(List.of("acme", "globex", "umbrella", made[0]))));
    check("tenant: a world to search", () -> m.update("umbrella", "Umbrella", List.of("umbrella.example"), Map.of("plan", "silver")));
    finds(sdk, "id", TenantSearchRequest.builder().ids(List.of("acme", "none")), "acme");
    finds(sdk, "name", TenantSearchRequest.builder().names(List.of("Globex")), "globex");
    finds(sdk, "an unknown name", TenantSearchRequest.builder().names(List.of("Ghost")));
    finds(sdk, "domain", TenantSearchRequest.builder().selfProvisioningDomains(List.of("umbrella.example")), "umbrella");
    finds(sdk, "attribute", TenantSearchRequest.builder().customAttributes(Map.of("plan", "silver")), "umbrella");
    finds(sdk, "id and name that differ", TenantSearchRequest.builder().ids(List.of("acme")).names(List.of("Globex")));
    check("tenant: search for all", () -> same("tenants", m.searchAll(null).size(), m.loadAll().size()));
  }

  private static void finds(Sdk sdk, String by, TenantSearchRequest.TenantSearchRequestBuilder search, String... want) {
    check("tenant: search by " + by, () -> sameSet("tenants", ids(sdk.tenants.searchAll(search.build())), want));
  }

  private static List<String> ids(List<Tenant> tenants) {
    return tenants.stream().map(Tenant::getId).toList();
  }

  /** The SDK deletes without cascade alone. */
  static void deletion(Sdk sdk) {
    check("tenant: delete leaves its users", () -> {
      sdk.tenants.createWithId("closing", "Closing", null);
      sdk.roles.create("Local", "closing", "", null);
      sdk.users.create("only", UserRequest.builder().userTenants(List.of(in("closing", "Local"))).build());
      sdk.users.create("also", UserRequest.builder().userTenants(List.of(in("closing"), in("acme"))).build());
      sdk.tenants.delete("closing");
      refused(NO_TENANT, () -> sdk.tenants.load("closing"));
      same("its roles", Rbac.named(sdk, "Local", "closing"), List.of());
      same("tenants of a user of one", sdk.user("only").getUserTenants(), List.of());
      same("tenants of a user of two", sdk.user("also").getUserTenants().size(), 1);
    });
    check("tenant: delete of an unknown id is refused", () -> refused(NO_TENANT, () -> sdk.tenants.delete("no-such-tenant")));
  }
}
