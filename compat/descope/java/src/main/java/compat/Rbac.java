package compat;

import static compat.Check.BUILT_IN;
import static compat.Check.INVALID;
import static compat.Check.NO_PERMISSION;
import static compat.Check.NO_ROLE;
import static compat.Check.NO_TENANT;
import static compat.Check.PERMISSION_EXISTS;
import static compat.Check.ROLE_EXISTS;
import static compat.Check.check;
import static compat.Check.holds;
import static compat.Check.of;
import static compat.Check.one;
import static compat.Check.refused;
import static compat.Check.same;
import static compat.Check.sameSet;

import com.descope.model.permission.Permission;
import com.descope.model.roles.Role;
import com.descope.model.roles.RoleSearchOptions;
import java.util.List;

/** The calls of the vendor's page on roles and permissions. */
final class Rbac {
  private Rbac() {}

  static List<Permission> named(Sdk sdk, String name) {
    return sdk.permissions.loadAll().getPermissions().stream().filter(p -> p.getName().equals(name)).toList();
  }

  static List<Role> named(Sdk sdk, String name, String tenant) {
    return sdk.roles.loadAll().getRoles().stream().filter(r -> r.getName().equals(name) && r.getTenantId().equals(tenant)).toList();
  }

  static Permission permission(Sdk sdk, String name) {
    return one(named(sdk, name), "permissions " + name);
  }

  static Role role(Sdk sdk, String name, String tenant) {
    return one(named(sdk, name, tenant), "roles " + name + " in tenant '" + tenant + "'");
  }

  static void permissions(Sdk sdk) {
    var m = sdk.permissions;
    check("permission: create, and load all has it", () -> {
      m.create("Notes Read", "reads notes");
      var p = permission(sdk, "Notes Read");
      same("permission", of(p.getDescription(), p.isSystemDefault()), of("reads notes", false));
    });
    check("permission: create without a description", () -> {
      m.create("notes.write", null);
      same("description", permission(sdk, "notes.write").getDescription(), "");
    });
    check("permission: a name that is taken is refused", () -> refused(PERMISSION_EXISTS, () -> m.create("notes.write", "again")));
    check("permission: a name too long is refused", () -> refused(INVALID, () -> m.create("x".repeat(5000), "")));
    check("permission: update replaces name and description", () -> {
      m.update("Notes Read", "notes.read", "shows notes");
      same("description", permission(sdk, "notes.read").getDescription(), "shows notes");
      same("the old name", named(sdk, "Notes Read"), List.of());
    });
    check("permission: update to the same name clears a missing description", () -> {
      m.update("notes.read", "notes.read", null);
      same("description", permission(sdk, "notes.read").getDescription(), "");
    });
    check("permission: update to a name that is taken is refused, and changes nothing", () -> {
      refused(PERMISSION_EXISTS, () -> m.update("notes.read", "notes.write", ""));
      permission(sdk, "notes.read");
    });
    check("permission: update of an unknown name is refused", () -> refused(NO_PERMISSION, () -> m.update("nothing", "something", "")));
    check("permission: delete", () -> {
      m.create("notes.burn", "");
      m.delete("notes.burn");
      same("permissions", named(sdk, "notes.burn"), List.of());
    });
    check("permission: delete of an unknown name is refused", () -> refused(NO_PERMISSION, () -> m.delete("nothing")));
  }

  static void roles(Sdk sdk) {
    var m = sdk.roles;
    check("role: create with permissions", () -> {
      m.create("Reader", "may read", List.of("notes.read"));
      var r = role(sdk, "Reader", "");
      same("role", of(r.getDescription(), r.getPermissionNames()), of("may read", List.of("notes.read")));
      holds("a created time in seconds of this century", r.getCreatedTime() > 1_700_000_000L && r.getCreatedTime() < 10_000_000_000L);
    });
    check("role: create without permissions has none, not null", () -> {
      m.create("Nobody", null, null);
      var r = role(sdk, "Nobody", "");
      same("role", of(r.getDescription(), r.getPermissionNames()), of("", List.of()));
    });
    check("role: a name that is taken is refused", () -> refused(ROLE_EXISTS, () -> m.create("Reader", "", null)));
    check("role: a name too long is refused", () -> refused(INVALID, () -> m.create("x".repeat(5000), "", null)));
    check("role: an unknown permission is refused, and no role is made", () -> {
      refused(NO_PERMISSION, () -> m.create("Ghost", "", List.of("nothing")));
      same("roles", named(sdk, "Ghost", ""), List.of());
    });
    check("role: an unknown tenant is refused", () -> refused(NO_TENANT, () -> m.create("Ghost", "no-such-tenant", "", null)));
    check("role: update replaces all", () -> {
      m.update("Nobody", "Editor", "may edit", List.of("notes.read", "notes.write"));
      var r = role(sdk, "Editor", "");
      same("description", r.getDescription(), "may edit");
      sameSet("permissions", r.getPermissionNames(), "notes.read", "notes.write");
      same("the old name", named(sdk, "Nobody", ""), List.of());
    });
    check("role: update without permissions and description clears them", () -> {
      m.update("Editor", "Editor", null, null);
      var r = role(sdk, "Editor", "");
      same("role", of(r.getDescription(), r.getPermissionNames()), of("", List.of()));
      m.update("Editor", "Editor", "", List.of("notes.read", "notes.write"));
    });
    check("role: update to a name that is taken is refused", () -> refused(ROLE_EXISTS, () -> m.update("Editor", "Reader", "", null)));
    check("role: update of an unknown name is refused", () -> refused(NO_ROLE, () -> m.update("Ghost", "Ghost", "", null)));
    check("role: update with an unknown permission is refused, and changes nothing", () -> {
      refused(NO_PERMISSION, () -> m.update("Editor", "Editor", "", List.of("nothing")));
      sameSet("permissions", role(sdk, "Editor", "").getPermissionNames(), "notes.read", "notes.write");
    });
    check("role: a permission renamed is renamed in its roles", () -> {
      sdk.permissions.update("notes.write", "notes.edit", "");
      sameSet("permissions", role(sdk, "Editor", "").getPermissionNames(), "notes.read", "notes.edit");
      sdk.permissions.update("notes.edit", "notes.write", "");
    });
    check("role: a permission deleted is gone from its roles", () -> {
      sdk.permissions.create("notes.brief", "");
      m.create("Brief", "", List.of("notes.brief", "notes.read"));
      sdk.permissions.delete("notes.brief");
      same("permissions", role(sdk, "Brief", "").getPermissionNames(), List.of("notes.read"));
    });
    check("role: delete", () -> {
      m.delete("Brief");
      same("roles", named(sdk, "Brief", ""), List.of());
    });
    check("role: delete of an unknown name is refused", () -> refused(NO_ROLE, () -> m.delete("Ghost")));
    check("role: a built-in role can't be changed or deleted", () -> {
      refused(BUILT_IN, () -> m.delete("Tenant Admin"));
      refused(BUILT_IN, () -> m.update("Tenant Admin", "Tenant Admin", "", null));
    });
  }

  static void tenantRoles(Sdk sdk) {
    var m = sdk.roles;
    check("role: create in a tenant", () -> {
      sdk.tenants.createWithId("acme", "Acme", null);
      sdk.tenants.createWithId("globex", "Globex", null);
      m.create("Keeper", "acme", "of acme", List.of("notes.write"));
      same("description", role(sdk, "Keeper", "acme").getDescription(), "of acme");
    });
    check("role: the same name in another tenant is another role", () -> {
      m.create("Keeper", "globex", "of globex", null);
      same("of acme", role(sdk, "Keeper", "acme").getDescription(), "of acme");
      same("of globex", role(sdk, "Keeper", "globex").getDescription(), "of globex");
    });
    check("role: the same name in the same tenant is refused", () -> refused(ROLE_EXISTS, () -> m.create("Keeper", "acme", "", null)));
    check("role: update in a tenant", () -> {
      m.update("Keeper", "acme", "Steward", "owns acme", List.of("notes.read", "notes.write"));
      sameSet("permissions", role(sdk, "Steward", "acme").getPermissionNames(), "notes.read", "notes.write");
      same("description", role(sdk, "Keeper", "globex").getDescription(), "of globex");
    });
    check("role: update in a tenant with an unknown permission is refused", () ->
        refused(NO_PERMISSION, () -> m.update("Steward", "acme", "Steward", "", List.of("nothing"))));
    check("role: a tenant's role is not found without its tenant", () -> {
      refused(NO_ROLE, () -> m.update("Steward", "Steward", "", null));
      refused(NO_ROLE, () -> m.delete("Steward"));
    });
    check("role: a tenant's role is not found in another tenant", () -> {
      refused(NO_ROLE, () -> m.update("Steward", "globex", "Steward", "", null));
      refused(NO_ROLE, () -> m.delete("Steward", "globex"));
    });
    check("role: delete in a tenant", () -> {
      m.delete("Keeper", "globex");
      same("roles", named(sdk, "Keeper", "globex"), List.of());
      role(sdk, "Steward", "acme");
    });
    check("role: delete in an unknown tenant is refused", () -> refused(NO_TENANT, () -> m.delete("Steward", "no-such-tenant")));
  }

  static void search(Sdk sdk) {
    finds(sdk, "name", RoleSearchOptions.builder().roleNames(List.of("Reader")), "Reader");
    finds(sdk, "part of a name, in any case", RoleSearchOptions.builder().roleNameLike("eADe"), "Reader");
    finds(sdk, "permission", RoleSearchOptions.builder().permissionNames(List.of("notes.write")), "Editor", "Steward");
    finds(sdk, "tenant", RoleSearchOptions.builder().tenantIds(List.of("acme")), "Steward");
    finds(sdk, "tenant and name", RoleSearchOptions.builder().tenantIds(List.of("acme")).roleNames(List.of("Reader")));
    finds(sdk, "a name that nobody has", RoleSearchOptions.builder().roleNames(List.of("Ghost")));
    check("role search: with no options, or none, finds all", () -> {
      var all = sdk.roles.loadAll().getRoles().size();
      same("roles", sdk.roles.search(RoleSearchOptions.builder().build()).getRoles().size(), all);
      same("roles", sdk.roles.search(null).getRoles().size(), all);
    });
  }

  private static void finds(Sdk sdk, String by, RoleSearchOptions.RoleSearchOptionsBuilder options, String... want) {
    check("role search: by " + by, () ->
        sameSet("roles", sdk.roles.search(options.build()).getRoles().stream().map(Role::getName).toList(), want));
  }
}
