package compat;

import static compat.Check.NO_MEMBER;
import static compat.Check.NO_ROLE;
import static compat.Check.NO_TENANT;
import static compat.Check.NO_USER;
import static compat.Check.check;
import static compat.Check.refused;
import static compat.Check.same;
import static compat.Check.sameSet;
import static compat.Sdk.inTenant;
import static compat.Sdk.membership;

import java.util.List;

/** Roles of users, in the project and in tenants. */
final class Memberships {
  private Memberships() {}

  static void roles(Sdk sdk) {
    var u = sdk.users;
    check("user roles: create a user", () -> sdk.create("rita"));
    check("user roles: set", () -> sameSet("roles", u.setRoles("rita", List.of("Reader")).getUser().getRoleNames(), "Reader"));
    check("user roles: add unites", () ->
        sameSet("roles", u.addRoles("rita", List.of("Editor", "Reader")).getUser().getRoleNames(), "Reader", "Editor"));
    check("user roles: remove subtracts", () -> sameSet("roles", u.removeRoles("rita", List.of("Editor")).getUser().getRoleNames(), "Reader"));
    check("user roles: set replaces", () -> {
      sameSet("roles", u.setRoles("rita", List.of("Editor")).getUser().getRoleNames(), "Editor");
      sameSet("roles, loaded", sdk.user("rita").getRoleNames(), "Editor");
    });
    check("user roles: set of none clears", () -> sameSet("roles", u.setRoles("rita", List.of()).getUser().getRoleNames()));
    check("user roles: an unknown role is refused, and changes nothing", () -> {
      u.setRoles("rita", List.of("Reader"));
      refused(NO_ROLE, () -> u.addRoles("rita", List.of("Editor", "Ghost")));
      sameSet("roles", sdk.user("rita").getRoleNames(), "Reader");
    });
    check("user roles: to take away one that the user does not have is fine", () ->
        sameSet("roles", u.removeRoles("rita", List.of("Editor")).getUser().getRoleNames(), "Reader"));
    check("user roles: a tenant's role is not given to the whole project", () -> refused(NO_ROLE, () -> u.addRoles("rita", List.of("Steward"))));
    check("user roles: set for an unknown user is refused", () -> refused(NO_USER, () -> u.setRoles("nobody", List.of("Reader"))));
    check("user roles: add for an unknown user is refused", () -> refused(NO_USER, () -> u.addRoles("nobody", List.of("Reader"))));
    check("user roles: remove for an unknown user is refused", () -> refused(NO_USER, () -> u.removeRoles("nobody", List.of("Reader"))));
  }

  static void tenants(Sdk sdk) {
    var u = sdk.users;
    check("user tenants: roles where the user is no member are refused", () ->
        refused(NO_MEMBER, () -> u.setTenantRoles("rita", "acme", List.of("Steward"))));
    check("user tenants: add", () -> {
      var m = membership(u.addTenant("rita", "acme").getUser(), "acme");
      same("name", m.getTenantName(), "Acme");
      sameSet("roles", m.getRoleNames());
    });
    check("user tenants: add again is harmless", () -> same("tenants", u.addTenant("rita", "acme").getUser().getUserTenants().size(), 1));
    check("user tenants: add of an unknown tenant is refused", () -> refused(NO_TENANT, () -> u.addTenant("rita", "no-such-tenant")));
    check("user tenants: add for an unknown user is refused", () -> refused(NO_USER, () -> u.addTenant("nobody", "acme")));
    check("user tenants: set the roles in one, its own and the project's", () ->
        sameSet("roles", inTenant(u.setTenantRoles("rita", "acme", List.of("Steward", "Reader")).getUser(), "acme"), "Steward", "Reader"));
    check("user tenants: roles in a tenant are not the project's", () -> sameSet("roles", sdk.user("rita").getRoleNames(), "Reader"));
    check("user tenants: add roles in one", () ->
        sameSet("roles", inTenant(u.addTenantRoles("rita", "acme", List.of("Editor")).getUser(), "acme"), "Steward", "Reader", "Editor"));
    check("user tenants: remove roles in one", () ->
        sameSet("roles", inTenant(u.removeTenantRoles("rita", "acme", List.of("Reader", "Editor")).getUser(), "acme"), "Steward"));
    check("user tenants: another tenant's role is refused", () -> {
      u.addTenant("rita", "globex");
      refused(NO_ROLE, () -> u.setTenantRoles("rita", "globex", List.of("Steward")));
    });
    check("user tenants: a role renamed is renamed for its users", () -> {
      sdk.roles.update("Steward", "acme", "Master", "", List.of("notes.read", "notes.write"));
      sameSet("roles", inTenant(sdk.user("rita"), "acme"), "Master");
      sdk.roles.update("Master", "acme", "Steward", "", List.of("notes.read", "notes.write"));
    });
    check("user tenants: a role deleted is gone from its users", () -> {
      sdk.roles.create("Passing", "acme", "", null);
      u.addTenantRoles("rita", "acme", List.of("Passing"));
      sdk.roles.delete("Passing", "acme");
      sameSet("roles", inTenant(sdk.user("rita"), "acme"), "Steward");
    });
    check("user tenants: remove ends the roles in it", () -> {
      same("tenants", u.removeTenant("rita", "acme").getUser().getUserTenants().size(), 1);
      sameSet("roles", inTenant(u.addTenant("rita", "acme").getUser(), "acme"));
    });
    check("user tenants: remove of an unknown tenant is refused", () -> refused(NO_TENANT, () -> u.removeTenant("rita", "no-such-tenant")));
    check("user tenants: the login id may be a user id", () -> {
      var id = sdk.user("rita").getUserId();
      sameSet("roles", inTenant(u.setTenantRoles(id, "acme", List.of("Steward")).getUser(), "acme"), "Steward");
    });
  }
}
