package compat;

import static compat.Check.FORBIDDEN;
import static compat.Check.INVALID;
import static compat.Check.NO_KEY;
import static compat.Check.NO_ROLE;
import static compat.Check.NO_TENANT;
import static compat.Check.NO_USER;
import static compat.Check.UNPROVEN;
import static compat.Check.check;
import static compat.Check.holds;
import static compat.Check.of;
import static compat.Check.one;
import static compat.Check.refused;
import static compat.Check.rejects;
import static compat.Check.same;
import static compat.Check.sameSet;
import static compat.Sdk.in;

import com.descope.model.auth.AccessKeyLoginOptions;
import com.descope.model.mgmt.AccessKeyRequest;
import com.descope.model.mgmt.AccessKeyResponseDetails;
import com.descope.model.mgmt.AccessKeyUpdateRequest;
import com.descope.model.user.request.UserRequest;
import com.descope.utils.MgmtUtils;
import java.util.List;
import java.util.Map;

/** Access keys, and the credentials that must not work where another is asked for. */
final class Keys {
  private Keys() {}

  static void accessKeys(Sdk sdk) {
    var m = sdk.keys;
    var id = new String[1];
    var secret = new String[1];
    check("access key: create", () -> {
      var made = m.create(AccessKeyRequest.builder()
          .name("printer").description("prints").roleNames(List.of("Reader")).keyTenants(MgmtUtils.createAssociatedTenantList(List.of(in("acme", "Steward"))))
          .customClaims(Map.of("room", "12")).permittedIps(List.of("127.0.0.0/8", "::1")).build());
      var key = made.getKey();
      id[0] = key.getId();
      secret[0] = made.getCleartext();
      holds("a secret without a colon", !secret[0].isEmpty() && !secret[0].contains(":"));
      same("key", of(key.getName(), key.getDescription(), key.getStatus(), key.getExpireTime(), key.getRoleNames(), key.getPermittedIps()),
          of("printer", "prints", "active", 0L, List.of("Reader"), List.of("127.0.0.0/8", "::1")));
      var tenant = one(key.getKeyTenants(), "tenants");
      same("tenant", of(tenant.getTenantId(), tenant.getTenantName(), tenant.getRoleNames()), of("acme", "Acme", List.of("Steward")));
      holds("who created it, and when", !key.getCreatedBy().isEmpty() && !key.getClientId().isEmpty() && key.getCreatedTime() > 1_700_000_000L);
    });
    check("access key: create with a name alone has zero values, not none", () -> {
      var key = m.create("bare", 0, null, null).getKey();
      same("key", of(key.getRoleNames(), key.getKeyTenants(), key.getPermittedIps(), key.getDescription()), of(List.of(), List.of(), List.of(), ""));
      m.delete(key.getId());
    });
    check("access key: load", () -> same("name", m.load(id[0]).getKey().getName(), "printer"));
    check("access key: load of an unknown id is refused", () -> refused(NO_KEY, () -> m.load("Knothing")));
    check("access key: create with an unknown role is refused", () -> refused(NO_ROLE, () -> m.create("bad", 0, List.of("Ghost"), null)));
    check("access key: create with an unknown tenant is refused", () -> refused(NO_TENANT, () -> m.create("bad", 0, null, List.of(in("no-such-tenant")))));
    check("access key: create for an unknown user is refused", () -> refused(NO_USER, () -> m.create("bad", 0, null, null, "Unobody")));
    check("access key: create with an address that is none is refused", () ->
        refused(INVALID, () -> m.create(AccessKeyRequest.builder().name("bad").permittedIps(List.of("nowhere")).build())));
    check("access key: a name that is taken is fine", () -> m.delete(m.create("printer", 0, null, null).getKey().getId()));
    check("access key: search by tenant, and for all", () -> {
      same("keys of acme", ids(m.searchAll(List.of("acme")).getKeys()), List.of(id[0]));
      holds("among all", ids(m.searchAll(null).getKeys()).contains(id[0]));
    });
    check("access key: update keeps what it does not name", () -> {
      var key = m.update(id[0], "plotter").getKey();
      same("key", of(key.getName(), key.getDescription(), key.getRoleNames(), key.getKeyTenants().size()), of("plotter", "prints", List.of("Reader"), 1));
    });
    check("access key: update changes what it names, and empty values clear", () -> {
      var key = m.update(AccessKeyUpdateRequest.builder().id(id[0]).name("plotter").description("plots").roleNames(List.of()).permittedIps(List.of()).build()).getKey();
      same("key", of(key.getDescription(), key.getRoleNames(), key.getPermittedIps(), key.getKeyTenants().size()), of("plots", List.of(), List.of(), 1));
    });
    check("access key: deactivated, it is not exchanged, until activated", () -> {
      m.deactivate(id[0]);
      same("status", m.load(id[0]).getKey().getStatus(), "inactive");
      refused(UNPROVEN, () -> sdk.auth.exchangeAccessKey(secret[0]));
      m.activate(id[0]);
      sdk.auth.exchangeAccessKey(secret[0]);
    });
    check("access key: delete", () -> {
      m.delete(id[0]);
      refused(NO_KEY, () -> m.load(id[0]));
      refused(UNPROVEN, () -> sdk.auth.exchangeAccessKey(secret[0]));
    });
    check("access key: activate of an unknown id is refused", () -> refused(NO_KEY, () -> m.activate("Knothing")));
    check("access key: deactivate of an unknown id is refused", () -> refused(NO_KEY, () -> m.deactivate("Knothing")));
    check("access key: delete of an unknown id is refused", () -> refused(NO_KEY, () -> m.delete("Knothing")));
    check("access key: update of an unknown id is refused", () -> refused(NO_KEY, () -> m.update("Knothing", "x")));
  }

  private static List<String> ids(List<AccessKeyResponseDetails> keys) {
    return keys.stream().map(AccessKeyResponseDetails::getId).toList();
  }

  static void exchange(Sdk sdk) {
    var m = sdk.keys;
    var a = sdk.auth;
    var secret = new String[1];
    check("exchange: a key for a session of its roles", () -> {
      var made = m.create("machine", 0, List.of("Reader"), List.of(in("acme", "Steward")), Map.of("room", "12"));
      secret[0] = made.getCleartext();
      var token = a.exchangeAccessKey(secret[0]);
      same("token", of(token.getId(), token.getClaims().get("drn"), token.getClaims().get("room")), of(made.getKey().getId(), "DS", "12"));
      same("authority", of(a.validateRoles(token, List.of("Reader")), a.validateRoles(token, "acme", List.of("Steward")),
          a.validatePermissions(token, "acme", List.of("notes.write")), a.validatePermissions(token, List.of("notes.write"))), of(true, true, true, false));
      a.validateSessionWithToken(token.getJwt());
    });
    check("exchange: claims of who asks are kept apart", () -> {
      var token = a.exchangeAccessKey(secret[0], AccessKeyLoginOptions.builder().customClaims(Map.of("job", "42")).build());
      same("claims", of(token.getClaims().get("job"), token.getClaims().get("nsec")), of(null, Map.of("job", "42")));
    });
    check("exchange: a key bound to a user has that user's authority, and takes none from the user", () -> {
      var user = sdk.users.create("bound", UserRequest.builder().roleNames(List.of("Editor")).build()).getUser().getUserId();
      var bound = m.create("bound", 0, List.of(), List.of(), user).getCleartext();
      sameSet("roles of the user", sdk.user("bound").getRoleNames(), "Editor");
      sameSet("roles", a.getRoles(a.exchangeAccessKey(bound)), "Editor");
      sdk.users.setRoles("bound", List.of("Reader"));
      sameSet("roles, changed", a.getRoles(a.exchangeAccessKey(bound)), "Reader");
    });
    check("exchange: from an address that is permitted, and from one that is not", () -> {
      a.exchangeAccessKey(m.create(AccessKeyRequest.builder().name("here").permittedIps(List.of("127.0.0.1", "::1")).build()).getCleartext());
      var elsewhere = m.create(AccessKeyRequest.builder().name("there").permittedIps(List.of("10.0.0.0/8")).build()).getCleartext();
      refused(UNPROVEN, () -> a.exchangeAccessKey(elsewhere));
    });
    check("exchange: an expired key is refused", () -> {
      int expires = (int) (System.currentTimeMillis() / 1000) + 8;
      var made = m.create("brief", expires, List.of("Reader"), null);
      try {
        a.exchangeAccessKey(made.getCleartext());
      } catch (Exception e) {
        if (System.currentTimeMillis() / 1000 < expires) { // else the machine is so busy that the key was over
          throw e;
        }
      }
      Thread.sleep(Math.max(0, expires * 1000L + 1100 - System.currentTimeMillis()));
      same("status", m.load(made.getKey().getId()).getKey().getStatus(), "expired");
      refused(UNPROVEN, () -> a.exchangeAccessKey(made.getCleartext()));
    });
    check("exchange: an unknown key is refused", () -> refused(UNPROVEN, () -> a.exchangeAccessKey("no-such-key")));
  }

  static void credentials(Sdk sdk) {
    var other = "P" + "x".repeat(27);
    check("credentials: a wrong management key is refused", () -> refused(UNPROVEN, () -> sdk.with("wrong").roles.loadAll()));
    check("credentials: no management key is refused", () -> refused(UNPROVEN, () -> sdk.with(null).roles.loadAll()));
    check("credentials: another project is refused", () -> refused(UNPROVEN, () -> new Sdk(sdk.url, other, sdk.key).roles.loadAll()));
    check("credentials: neither a session nor a refresh token is a management key", () -> {
      sdk.newUser("cred", null);
      var info = sdk.signIn("cred");
      refused(UNPROVEN, () -> sdk.with(Sessions.session(info)).roles.loadAll());
      refused(UNPROVEN, () -> sdk.with(Sessions.refresh(info)).roles.loadAll());
    });
    check("credentials: an access key without authority manages nothing", () -> {
      var weak = sdk.with(sdk.keys.create("weak", 0, List.of("Reader"), null).getCleartext());
      refused(FORBIDDEN, () -> weak.permissions.create("taken.over", ""));
      refused(FORBIDDEN, () -> weak.roles.create("Taken Over", "", null));
      refused(FORBIDDEN, () -> weak.users.setRoles("cred", List.of("Reader")));
      refused(FORBIDDEN, () -> weak.roles.loadAll());
      same("permissions", Rbac.named(sdk, "taken.over"), List.of());
    });
    check("credentials: a management key is no session", () -> {
      rejects(() -> sdk.auth.validateSessionWithToken(sdk.key));
      refused(UNPROVEN, () -> sdk.auth.logout(sdk.key));
      refused(UNPROVEN, () -> sdk.auth.logoutAll(sdk.key));
      refused(UNPROVEN, () -> sdk.auth.selectTenant("acme", sdk.key));
    });
    check("credentials: another project does not sign in", () -> refused(UNPROVEN, () -> new Sdk(sdk.url, other, null).signIn("cred")));
  }
}
