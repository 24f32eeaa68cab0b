package compat;

import static compat.Check.FORBIDDEN;
import static compat.Check.LOGGED_OUT;
import static compat.Check.NO_USER;
import static compat.Check.UNFIT;
import static compat.Check.UNPROVEN;
import static compat.Check.check;
import static compat.Check.holds;
import static compat.Check.of;
import static compat.Check.refused;
import static compat.Check.rejects;
import static compat.Check.same;
import static compat.Check.sameSet;
import static compat.Sdk.PASSWORD;
import static compat.Sdk.in;

import com.descope.model.auth.AuthenticationInfo;
import com.descope.model.jwt.Token;
import com.descope.model.magiclink.LoginOptions;
import com.descope.model.user.request.UserRequest;
import com.descope.model.user.response.UserResponse;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Sessions, and what their tokens say. */
final class Sessions {
  private Sessions() {}

  static String refresh(AuthenticationInfo info) {
    return info.getRefreshToken().getJwt();
  }

  static String session(AuthenticationInfo info) {
    return info.getToken().getJwt();
  }

  /** The token with another signature. */
  static String forged(String token) {
    int signature = token.lastIndexOf('.') + 1;
    return token.substring(0, signature) + "AAAA" + token.substring(signature + 4);
  }

  private static List<?> claim(Token token, String name) {
    return (List<?>) token.getClaims().get(name);
  }

  static void sessions(Sdk sdk) {
    var a = sdk.auth;
    var sam = new AuthenticationInfo[1];
    check("session: a sign-in is validated, and its user told", () -> {
      sdk.newUser("sam@acme.example", UserRequest.builder().displayName("Sam").userTenants(List.of(in("acme"), in("globex"))).build());
      sam[0] = sdk.signIn("sam@acme.example");
      var token = a.validateSessionWithToken(session(sam[0]));
      same("user and project", of(token.getId(), token.getProjectId(), token.getClaims().get("iss")), of(sam[0].getUser().getUserId(), sdk.project, sdk.project));
    });
    check("session: lives ten minutes, and is refreshed for thirty days", () -> {
      near("the session", sam[0].getToken(), 600);
      near("the refresh token", sam[0].getRefreshToken(), 30 * 86_400);
    });
    check("session: a token that was changed, or is none, is rejected", () -> {
      rejects(() -> a.validateSessionWithToken(forged(session(sam[0]))));
      rejects(() -> a.validateSessionWithToken("none"));
    });
    check("session: refresh, and again with the same token", () -> {
      for (int i = 0; i < 2; i++) {
        var token = a.refreshSessionWithToken(refresh(sam[0]));
        same("user and kind", of(token.getId(), token.getClaims().get("drn")), of(sam[0].getUser().getUserId(), "DS"));
        a.validateSessionWithToken(token.getJwt());
      }
    });
    check("session: refresh gives a refresh token that works, too", () ->
        a.refreshSessionWithToken(refresh(a.refreshSessionWithTokenAuthenticationInfo(refresh(sam[0])))));
    check("session: refresh with a session token is refused", () -> refused(UNPROVEN, () -> a.refreshSessionWithToken(session(sam[0]))));
    check("session: refresh with a token that was changed is rejected", () -> rejects(() -> a.refreshSessionWithToken(forged(refresh(sam[0])))));
    check("session: validate and refresh", () -> {
      same("a valid session stays", a.validateAndRefreshSessionWithTokens(session(sam[0]), refresh(sam[0])).getJwt(), session(sam[0]));
      same("user id", a.validateAndRefreshSessionWithTokens("none", refresh(sam[0])).getId(), sam[0].getUser().getUserId());
      same("user id", a.validateAndRefreshSessionWithTokensAuthenticationInfo("", refresh(sam[0])).getToken().getId(), sam[0].getUser().getUserId());
    });
    check("session: me", () -> {
      var me = a.me(refresh(sam[0]));
      same("me", of(me.getUserId(), me.getName(), me.getLoginIds(), me.getUserTenants().size()),
          of(sam[0].getUser().getUserId(), "Sam", List.of("sam@acme.example"), 2));
    });
    check("session: me with a session token is refused", () -> refused(UNPROVEN, () -> a.me(session(sam[0]))));
  }

  private static void near(String what, Token token, long seconds) {
    long left = token.getExpiration() / 1000 - System.currentTimeMillis() / 1000;
    holds(what + " lives " + seconds + " s, not " + left, left < seconds + 60 && left > seconds / 2); // however long ago it was made
  }

  static void claims(Sdk sdk) {
    var a = sdk.auth;
    var cleo = new AuthenticationInfo[1];
    check("claims: of a user with roles in the project, in one tenant, and none in another", () -> {
      sdk.permissions.create("notes.delete", "");
      sdk.roles.create("Shredder", "acme", "", List.of("notes.delete"));
      sdk.newUser("cleo", UserRequest.builder().roleNames(List.of("Reader")).userTenants(List.of(in("acme", "Shredder", "Editor"), in("globex"))).build());
      cleo[0] = sdk.signIn("cleo");
      var token = cleo[0].getToken();
      same("claims", of(claim(token, "roles"), claim(token, "permissions"), claim(token, "amr"), token.getClaims().get("dct")),
          of(List.of("Reader"), List.of("notes.read"), List.of("pwd"), null));
    });
    check("claims: tenants, roles and permissions as the SDK lists them", () -> {
      var token = cleo[0].getToken();
      sameSet("tenants", a.getTenantIds(token), "acme", "globex");
      sameSet("roles", a.getRoles(token), "Reader");
      sameSet("roles in acme", a.getRoles(token, "acme"), "Shredder", "Editor");
      sameSet("roles in globex", a.getRoles(token, "globex"));
      sameSet("roles in umbrella", a.getRoles(token, "umbrella"));
      sameSet("permissions", a.getPermissions(token), "notes.read");
      sameSet("permissions in acme", a.getPermissions(token, "acme"), "notes.read", "notes.write", "notes.delete");
    });
    asks(cleo, "permissions", a::validatePermissions, true, "notes.read");
    asks(cleo, "permissions", a::validatePermissions, true);
    asks(cleo, "permissions", a::validatePermissions, false, "notes.delete");
    asks(cleo, "permissions", a::validatePermissions, false, "notes.read", "notes.write");
    asks(cleo, "permissions", a::validatePermissions, false, "nothing");
    asks(cleo, "roles", a::validateRoles, true, "Reader");
    asks(cleo, "roles", a::validateRoles, true);
    asks(cleo, "roles", a::validateRoles, false, "Shredder");
    asks(cleo, "permissions in acme", (t, p) -> a.validatePermissions(t, "acme", p), true, "notes.read", "notes.write", "notes.delete");
    asks(cleo, "permissions in acme", (t, p) -> a.validatePermissions(t, "acme", p), false, "nothing");
    asks(cleo, "permissions in globex", (t, p) -> a.validatePermissions(t, "globex", p), true);
    asks(cleo, "permissions in globex", (t, p) -> a.validatePermissions(t, "globex", p), false, "notes.read");
    asks(cleo, "permissions in umbrella", (t, p) -> a.validatePermissions(t, "umbrella", p), false);
    asks(cleo, "roles in acme", (t, r) -> a.validateRoles(t, "acme", r), true, "Shredder", "Editor");
    asks(cleo, "roles in acme", (t, r) -> a.validateRoles(t, "acme", r), false, "Reader");
    asks(cleo, "roles in globex", (t, r) -> a.validateRoles(t, "globex", r), true);
    asks(cleo, "roles in globex", (t, r) -> a.validateRoles(t, "globex", r), false, "Editor");
    asks(cleo, "roles in umbrella", (t, r) -> a.validateRoles(t, "umbrella", r), false);
    check("claims: matched", () -> {
      var token = cleo[0].getToken();
      sameSet("permissions", a.getMatchedPermissions(token, List.of("notes.delete", "notes.read")), "notes.read");
      sameSet("permissions in acme", a.getMatchedPermissions(token, "acme", List.of("notes.write", "nothing", "notes.delete")), "notes.write", "notes.delete");
      sameSet("permissions in umbrella", a.getMatchedPermissions(token, "umbrella", List.of("notes.write")));
      sameSet("roles", a.getMatchedRoles(token, List.of("Editor", "Reader")), "Reader");
      sameSet("roles in acme", a.getMatchedRoles(token, "acme", List.of("Reader", "Shredder")), "Shredder");
      sameSet("roles in umbrella", a.getMatchedRoles(token, "umbrella", List.of("Reader")));
    });
    check("claims: the refresh token has the same authority", () ->
        same("Shredder in acme", a.validateRoles(cleo[0].getRefreshToken(), "acme", List.of("Shredder")), true));
    check("claims: a role taken away is gone at the next refresh", () -> {
      sdk.users.removeRoles("cleo", List.of("Reader"));
      sdk.users.removeTenantRoles("cleo", "acme", List.of("Shredder"));
      var fresh = a.refreshSessionWithToken(refresh(cleo[0]));
      sameSet("roles", a.getRoles(fresh));
      sameSet("roles in acme", a.getRoles(fresh, "acme"), "Editor");
    });
    check("claims: a membership that ended is gone at the next refresh", () -> {
      sdk.users.removeTenant("cleo", "globex");
      sameSet("tenants", a.getTenantIds(a.refreshSessionWithToken(refresh(cleo[0]))), "acme");
    });
    check("claims: a permission renamed has its new name at the next refresh", () -> {
      sdk.permissions.update("notes.write", "notes.alter", "");
      var fresh = a.refreshSessionWithToken(refresh(cleo[0]));
      sdk.permissions.update("notes.alter", "notes.write", "");
      sameSet("permissions", a.getPermissions(fresh, "acme"), "notes.read", "notes.alter");
    });
  }

  private static void asks(AuthenticationInfo[] who, String what, BiFunction<Token, List<String>, Boolean> ask, boolean want, String... names) {
    check("claims: validate " + what + ", " + List.of(names) + " is " + want, () -> same("valid", ask.apply(who[0].getToken(), List.of(names)), want));
  }

  static void selection(Sdk sdk) {
    var a = sdk.auth;
    var selma = new AuthenticationInfo[1];
    check("select: a tenant", () -> {
      sdk.newUser("selma", UserRequest.builder().roleNames(List.of("Reader")).userTenants(List.of(in("acme", "Editor"), in("globex"))).build());
      selma[0] = a.selectTenant("acme", refresh(sdk.signIn("selma")));
      same("selected tenant", selma[0].getToken().getClaims().get("dct"), "acme");
    });
    check("select: the token keeps its map of tenants", () -> {
      var token = selma[0].getToken();
      sameSet("tenants", a.getTenantIds(token), "acme", "globex");
      same("roles", of(a.getRoles(token, "acme"), a.getRoles(token, "globex"), a.getRoles(token)), of(List.of("Editor"), List.of(), List.of("Reader")));
    });
    check("select: lasts over a refresh", () ->
        same("selected tenant", a.refreshSessionWithToken(refresh(selma[0])).getClaims().get("dct"), "acme"));
    check("select: another", () ->
        same("selected tenant", a.selectTenant("globex", refresh(selma[0])).getToken().getClaims().get("dct"), "globex"));
    for (var tenant : List.of("umbrella", "no-such-tenant")) {
      check("select: " + tenant + ", where the user is not, is refused", () -> refused(FORBIDDEN, () -> a.selectTenant(tenant, refresh(selma[0]))));
    }
    check("select: with a session token is refused", () -> refused(UNPROVEN, () -> a.selectTenant("acme", session(selma[0]))));
  }

  /** Fails unless a refresh token no longer works. */
  static void over(Sdk sdk, AuthenticationInfo info) throws Exception {
    refused(LOGGED_OUT, () -> sdk.auth.refreshSessionWithToken(refresh(info)));
  }

  static void endings(Sdk sdk) {
    var a = sdk.auth;
    var u = sdk.users;
    check("logout: ends this session and no other", () -> {
      sdk.newUser("lou", null);
      var first = sdk.signIn("lou");
      var second = sdk.signIn("lou");
      a.logout(refresh(first));
      over(sdk, first);
      refused(LOGGED_OUT, () -> a.me(refresh(first)));
      a.refreshSessionWithToken(refresh(second));
    });
    check("logout: all ends every session", () -> {
      var first = sdk.signIn("lou");
      var second = sdk.signIn("lou");
      a.logoutAll(refresh(first));
      over(sdk, first);
      over(sdk, second);
    });
    check("logout: with what is no token is refused", () -> {
      refused(UNPROVEN, () -> a.logout("none"));
      refused(UNPROVEN, () -> a.logoutAll("none"));
    });
    ends(sdk, "logout by management", user -> u.logoutUser(user.getLoginIds().get(0)));
    ends(sdk, "logout by management, by user id", user -> u.logoutUserByUserId(user.getUserId()));
    ends(sdk, "a new password", user -> u.setActivePassword(user.getLoginIds().get(0), PASSWORD));
    ends(sdk, "an expired password", user -> u.expirePassword(user.getLoginIds().get(0)));
    check("logout: of an unknown user is refused", () -> {
      refused(NO_USER, () -> u.logoutUser("nobody"));
      refused(NO_USER, () -> u.logoutUserByUserId("Unobody"));
    });
    check("logout: a user deactivated neither refreshes nor signs in, until activated", () -> {
      u.setActivePassword("lou", PASSWORD);
      var info = sdk.signIn("lou");
      u.deactivate("lou");
      over(sdk, info);
      refused(FORBIDDEN, () -> sdk.signIn("lou"));
      u.activate("lou");
      sdk.signIn("lou");
    });
    check("logout: a user deleted does not refresh", () -> {
      var info = sdk.signIn("lou");
      u.delete("lou");
      over(sdk, info);
    });
  }

  private static void ends(Sdk sdk, String how, Consumer<UserResponse> finish) {
    check("logout: " + how + " ends the sessions", () -> {
      sdk.users.setActivePassword("lou", PASSWORD);
      var info = sdk.signIn("lou");
      finish.accept(info.getUser());
      over(sdk, info);
    });
  }

  static void managed(Sdk sdk) {
    var a = sdk.auth;
    var m = sdk.jwt;
    check("management sign-in: gives both tokens", () -> {
      sdk.newUser("mia", UserRequest.builder().roleNames(List.of("Reader")).build());
      var info = m.signIn("mia", LoginOptions.builder().customClaims(Map.of("shift", "night")).build());
      same("claims", of(info.getToken().getClaims().get("shift"), a.getRoles(info.getToken())), of("night", List.of("Reader")));
      same("claim, refreshed", a.refreshSessionWithToken(refresh(info)).getClaims().get("shift"), "night");
    });
    check("management sign-in: without options", () -> same("login ids", m.signIn("mia", null).getUser().getLoginIds(), List.of("mia")));
    check("management sign-in: of an unknown user is refused", () -> refused(NO_USER, () -> m.signIn("nobody", null)));
    check("jwt update: adds claims, and keeps what it is", () -> {
      var info = sdk.signIn("mia");
      var got = m.updateJWTWithCustomClaims(session(info), Map.of("floor", "third"));
      same("token", of(got.getClaims().get("floor"), got.getClaims().get("drn"), got.getId(), got.getExpiration()),
          of("third", "DS", info.getUser().getUserId(), info.getToken().getExpiration()));
    });
    check("jwt update: has new authority", () -> {
      var info = sdk.signIn("mia");
      sdk.users.addRoles("mia", List.of("Editor"));
      same("Editor", a.validateRoles(m.updateJWTWithCustomClaims(session(info), Map.of()), List.of("Editor")), true);
    });
    check("jwt update: claims that decide who one is are not taken", () -> {
      var info = sdk.signIn("mia");
      refused(UNFIT, () -> m.updateJWTWithCustomClaims(session(info), Map.of("sub", "owner")));
      refused(UNFIT, () -> m.updateJWTWithCustomClaims(session(info), Map.of("roles", List.of("Tenant Admin"))));
    });
    check("jwt update: a token that was changed, or is none, is refused", () -> {
      var info = sdk.signIn("mia");
      refused(UNPROVEN, () -> m.updateJWTWithCustomClaims(forged(session(info)), Map.of()));
      refused(UNPROVEN, () -> m.updateJWTWithCustomClaims("none", Map.of()));
    });
  }
}
