package compat;

import com.descope.client.Config;
import com.descope.client.DescopeClient;
import com.descope.model.auth.AssociatedTenant;
import com.descope.model.auth.AuthenticationInfo;
import com.descope.model.user.request.UserRequest;
import com.descope.model.user.response.UserResponse;
import com.descope.sdk.auth.AuthenticationService;
import com.descope.sdk.auth.PasswordService;
import com.descope.sdk.mgmt.AccessKeyService;
import com.descope.sdk.mgmt.AuditService;
import com.descope.sdk.mgmt.GroupService;
import com.descope.sdk.mgmt.JwtService;
import com.descope.sdk.mgmt.PermissionService;
import com.descope.sdk.mgmt.ProjectService;
import com.descope.sdk.mgmt.RolesService;
import com.descope.sdk.mgmt.SsoService;
import com.descope.sdk.mgmt.TenantService;
import com.descope.sdk.mgmt.UserService;
import java.util.List;

/** The SDK, and what all groups of checks do with it. */
final class Sdk {
  static final String PASSWORD = "Correct-Horse-9-Battery";
  static final String CHANGED = "Another-Horse-7-Battery";

  final String url;
  final String project;
  final String key;

  final AuthenticationService auth;
  final PasswordService passwords;
  final PermissionService permissions;
  final RolesService roles;
  final TenantService tenants;
  final UserService users;
  final AccessKeyService keys;
  final JwtService jwt;
  final SsoService sso;
  final AuditService audit;
  final ProjectService snapshots;
  final GroupService groups;

  /** An SDK client, changed by base URL, project id and management key, and nothing else. */
  Sdk(String url, String project, String key) {
    this.url = url;
    this.project = project;
    this.key = key;
    var client = new DescopeClient(Config.builder().descopeBaseUrl(url).projectId(project).managementKey(key).build());
    auth = client.getAuthenticationServices().getAuthService();
    passwords = client.getAuthenticationServices().getPasswordService();
    var management = client.getManagementServices();
    permissions = management.getPermissionService();
    roles = management.getRolesService();
    tenants = management.getTenantService();
    users = management.getUserService();
    keys = management.getAccessKeyService();
    jwt = management.getJwtService();
    sso = management.getSsoService();
    audit = management.getAuditService();
    snapshots = management.getProjectService();
    groups = management.getGroupService();
  }

  Sdk with(String otherKey) {
    return new Sdk(url, project, otherKey);
  }

  UserResponse user(String login) {
    return users.load(login).getUser();
  }

  UserResponse create(String login) {
    return users.create(login, null).getUser();
  }

  /** Makes a user who signs in with the password. */
  UserResponse newUser(String login, UserRequest request) {
    var user = users.create(login, request).getUser();
    users.setActivePassword(login, PASSWORD);
    return user;
  }

  AuthenticationInfo signIn(String login) {
    return passwords.signIn(login, PASSWORD);
  }

  static AssociatedTenant in(String tenant, String... roles) {
    return AssociatedTenant.builder().tenantId(tenant).roleNames(List.of(roles)).build();
  }

  /** The roles that a user has in a tenant. */
  static List<String> inTenant(UserResponse user, String tenant) {
    return membership(user, tenant).getRoleNames();
  }

  static AssociatedTenant membership(UserResponse user, String tenant) {
    return Check.one(user.getUserTenants().stream().filter(t -> t.getTenantId().equals(tenant)).toList(), "memberships in " + tenant);
  }
}
