package compat;

import static compat.Check.INVALID;
import static compat.Check.MISSING;
import static compat.Check.NO_ROLE;
import static compat.Check.NO_TENANT;
import static compat.Check.NO_USER;
import static compat.Check.UNFIT;
import static compat.Check.UNPROVEN;
import static compat.Check.USER_EXISTS;
import static compat.Check.check;
import static compat.Check.holds;
import static compat.Check.of;
import static compat.Check.one;
import static compat.Check.refused;
import static compat.Check.same;
import static compat.Check.sameSet;
import static compat.Sdk.in;
import static compat.Sdk.inTenant;

import com.descope.enums.UserStatus;
import com.descope.model.auth.InviteOptions;
import com.descope.model.user.request.BatchUserPasswordBcrypt;
import com.descope.model.user.request.BatchUserPasswordHashed;
import com.descope.model.user.request.BatchUserRequest;
import com.descope.model.user.request.PatchUserRequest;
import com.descope.model.user.request.RolesList;
import com.descope.model.user.request.UserRequest;
import com.descope.model.user.request.UserSearchRequest;
import com.descope.model.user.response.UserResponse;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Users. */
final class Users {
  private static final String BCRYPT_PASSWORD = "Hashed-Elsewhere-1";
  private static final String BCRYPT_HASH = "$2a$10$wy9t9rjwg4LC81ggavGGxOX/U/lAVhPGlXbMUGXN.kwPb8NH/fOSi";

  private Users() {}

  static void users(Sdk sdk) {
    var u = sdk.users;
    check("user: create with all fields", () -> {
      var got = u.create("desk@acme.example", UserRequest.builder()
          .email("desk@acme.example").phone("+1-555-555-0100").verifiedPhone(true)
          .displayName("Desk").givenName("De").middleName("M.").familyName("Sk")
          .roleNames(List.of("Reader")).userTenants(List.of(in("acme", "Steward"), in("globex")))
          .customAttributes(Map.of("floor", 3)).picture("https://acme.example/desk.png").additionalIdentifiers(List.of("desk"))
          .build()).getUser();
      holds("a user id of U and 27 letters or digits", got.getUserId().matches("U[0-9A-Za-z]{27}"));
      sameSet("login ids", got.getLoginIds(), "desk@acme.example", "desk");
      same("names", of(got.getName(), got.getGivenName(), got.getMiddleName(), got.getFamilyName()), of("Desk", "De", "M.", "Sk"));
      same("addresses", of(got.getEmail(), got.getPhone(), got.getVerifiedPhone()), of("desk@acme.example", "+15555550100", true));
      sameSet("roles", got.getRoleNames(), "Reader");
      sameSet("roles in acme", inTenant(got, "acme"), "Steward");
      sameSet("roles in globex", inTenant(got, "globex"));
      same("the rest", of(got.getCustomAttributes(), got.getPicture(), got.getStatus(), got.getTest()),
          of(Map.of("floor", 3), "https://acme.example/desk.png", "invited", false));
      holds("a time in seconds", got.getCreatedTime() > 1_700_000_000L && got.getCreatedTime() < 10_000_000_000L);
    });
    check("user: create with a login id alone has zero values, not none", () -> {
      var got = sdk.create("plain");
      same("texts", of(got.getName(), got.getEmail(), got.getPhone(), got.getPicture(), got.getFamilyName()), of("", "", "", "", ""));
      same("lists", of(got.getRoleNames(), got.getUserTenants(), got.getCustomAttributes(), got.getSsoAppIds()), of(List.of(), List.of(), Map.of(), List.of()));
      same("flags", of(got.getVerifiedEmail(), got.getVerifiedPhone(), got.getTest()), of(false, false, false));
    });
    check("user: a login id that is an e-mail address becomes the verified e-mail", () -> {
      var got = sdk.create("plain@acme.example");
      same("e-mail", of(got.getEmail(), got.getVerifiedEmail()), of("plain@acme.example", true));
    });
    check("user: a phone as login id is normalised", () -> sameSet("login ids", sdk.create("+1-555-555-0199").getLoginIds(), "+15555550199"));
    check("user: a login id that is taken is refused", () -> refused(USER_EXISTS, () -> sdk.create("desk")));
    check("user: an empty login id is refused", () -> refused(MISSING, () -> sdk.create("")));
    check("user: an unknown role is refused, and nobody is created", () -> {
      refused(NO_ROLE, () -> u.create("ghost", UserRequest.builder().roleNames(List.of("Ghost")).build()));
      refused(NO_USER, () -> sdk.user("ghost"));
    });
    check("user: an unknown tenant is refused", () ->
        refused(NO_TENANT, () -> u.create("ghost", UserRequest.builder().userTenants(List.of(in("no-such-tenant"))).build())));
    check("user: a name too long is refused", () ->
        refused(INVALID, () -> u.create("ghost", UserRequest.builder().displayName("x".repeat(100_000)).build())));
    check("user: load by login id, by another, by user id", () -> {
      var id = sdk.user("desk@acme.example").getUserId();
      same("user ids", of(sdk.user("desk").getUserId(), sdk.user(id).getUserId(), u.loadByUserId(id).getUser().getUserId()), of(id, id, id));
    });
    check("user: load of an unknown login id is refused", () -> refused(NO_USER, () -> u.load("nobody")));
    check("user: load of an unknown user id is refused", () -> refused(NO_USER, () -> u.loadByUserId("U" + "z".repeat(27))));
    check("user: create a test user", () -> same("test", u.createTestUser("tess", null).getUser().getTest(), true));
    check("user: invite, and again", () -> {
      var options = InviteOptions.builder().inviteUrl("https://acme.example").sendEmail(false).sendSMS(false).build();
      var got = u.invite("guest@acme.example", UserRequest.builder().roleNames(List.of("Reader")).build(), options).getUser();
      same("user", of(got.getStatus(), got.getVerifiedEmail(), got.getRoleNames()), of("invited", true, List.of("Reader")));
      same("user id", u.invite("guest@acme.example", null, null).getUser().getUserId(), got.getUserId());
    });
    check("user: delete", () -> {
      u.delete("guest@acme.example");
      refused(NO_USER, () -> u.load("guest@acme.example"));
    });
    check("user: delete by user id", () -> {
      u.deleteByUserId(sdk.create("brief").getUserId());
      refused(NO_USER, () -> u.load("brief"));
    });
    check("user: delete of an unknown login id, or user id, is refused", () -> {
      refused(NO_USER, () -> u.delete("nobody"));
      refused(NO_USER, () -> u.deleteByUserId("Unobody"));
    });
    check("user: a login id that was deleted can be used again", () -> sdk.create("brief"));
  }

  static void changes(Sdk sdk) {
    var u = sdk.users;
    check("user: update replaces everything", () -> {
      u.create("chang", UserRequest.builder().displayName("Chang").phone("+15555550111").roleNames(List.of("Reader"))
          .userTenants(List.of(in("acme"))).customAttributes(Map.of("a", "b")).build());
      var got = u.update("chang", UserRequest.builder().displayName("Ching").familyName("Li").build()).getUser();
      same("user", of(got.getName(), got.getFamilyName(), got.getPhone(), got.getRoleNames(), got.getUserTenants(), got.getCustomAttributes()),
          of("Ching", "Li", "", List.of(), List.of(), Map.of()));
    });
    check("user: update of an unknown user is refused", () -> refused(NO_USER, () -> u.update("nobody", null)));
    check("user: patch changes what it names", () -> {
      u.setRoles("chang", List.of("Reader"));
      var got = u.patch("chang", PatchUserRequest.builder().name("Patched").build()).getUser();
      same("user", of(got.getName(), got.getFamilyName(), got.getRoleNames()), of("Patched", "Li", List.of("Reader")));
    });
    check("user: patch with no roles clears roles and leaves the rest", () -> {
      var got = u.patch("chang", PatchUserRequest.builder().roleNames(List.of()).build()).getUser();
      same("user", of(got.getName(), got.getRoleNames()), of("Patched", List.of()));
    });
    check("user: patch of tenants and attributes", () -> {
      var got = u.patch("chang", PatchUserRequest.builder().userTenants(List.of(in("acme", "Steward"))).customAttributes(Map.of("a", "c")).build()).getUser();
      sameSet("roles in acme", inTenant(got, "acme"), "Steward");
      same("attributes", got.getCustomAttributes(), Map.of("a", "c"));
    });
    check("user: patch of a phone number has it verified, unless it says otherwise", () -> {
      same("verified", u.patch("chang", PatchUserRequest.builder().phone("+1234567890").build()).getUser().getVerifiedPhone(), true);
      same("verified", u.patch("chang", PatchUserRequest.builder().phone("+1234567891").verifiedPhone(false).build()).getUser().getVerifiedPhone(), false);
    });
    check("user: patch with nothing changes nothing", () -> same("user", u.patch("chang", null).getUser(), sdk.user("chang")));
    check("user: patch of an unknown user is refused", () -> refused(NO_USER, () -> u.patch("nobody", PatchUserRequest.builder().name("x").build())));
    check("user: deactivate", () -> same("status", u.deactivate("chang").getUser().getStatus(), "disabled"));
    check("user: activate", () -> same("status", u.activate("chang").getUser().getStatus(), "enabled"));
    check("user: update display name", () -> {
      var got = u.updateDisplayName("chang", "Shown").getUser();
      same("names", of(got.getName(), got.getFamilyName()), of("Shown", "Li"));
    });
    check("user: update names", () -> {
      var got = u.updateDisplayNames("chang", "A", "B", "C").getUser();
      same("names", of(got.getName(), got.getGivenName(), got.getMiddleName(), got.getFamilyName()), of("Shown", "A", "B", "C"));
    });
    check("user: update e-mail, and remove it", () -> {
      var got = u.updateEmail("chang", "chang@acme.example", true).getUser();
      same("e-mail", of(got.getEmail(), got.getVerifiedEmail()), of("chang@acme.example", true));
      same("no e-mail", u.updateEmail("chang", "", false).getUser().getEmail(), "");
    });
    check("user: update phone, and remove it", () -> {
      var got = u.updatePhone("chang", "+1-555-555-0122", false).getUser();
      same("phone", of(got.getPhone(), got.getVerifiedPhone()), of("+15555550122", false));
      same("no phone", u.updatePhone("chang", "", false).getUser().getPhone(), "");
    });
    check("user: update picture", () ->
        same("picture", u.updatePicture("chang", "https://acme.example/c.png").getUser().getPicture(), "https://acme.example/c.png"));
    for (Object value : List.of("high", 7, true)) {
      check("user: update a custom attribute to " + value, () ->
          same("attribute", u.updateCustomAttributes("chang", "level", value).getUser().getCustomAttributes().get("level"), value));
    }
    check("user: update login id", () -> {
      var id = sdk.user("chang").getUserId();
      var got = u.updateLoginId("chang", "changed").getUser();
      same("user", of(got.getUserId(), got.getLoginIds()), of(id, List.of("changed")));
      refused(NO_USER, () -> u.load("chang"));
    });
    check("user: update login id to one that is taken is refused", () -> refused(USER_EXISTS, () -> u.updateLoginId("changed", "rita")));
    check("user: the last login id can't be removed", () -> refused(UNFIT, () -> u.updateLoginId("changed", "")));
    check("user: one of two login ids can be removed", () ->
        same("login ids", u.updateLoginId("desk", "").getUser().getLoginIds(), List.of("desk@acme.example")));
    unknown("update e-mail", () -> u.updateEmail("nobody", "x@acme.example", true));
    unknown("update phone", () -> u.updatePhone("nobody", "+15555550123", true));
    unknown("update display name", () -> u.updateDisplayName("nobody", "x"));
    unknown("update picture", () -> u.updatePicture("nobody", "x"));
    unknown("update a custom attribute", () -> u.updateCustomAttributes("nobody", "a", "b"));
    unknown("update login id", () -> u.updateLoginId("nobody", "x"));
    unknown("activate", () -> u.activate("nobody"));
    unknown("deactivate", () -> u.deactivate("nobody"));
  }

  private static void unknown(String call, Check.Body body) {
    check("user: " + call + " of an unknown user is refused", () -> refused(NO_USER, body));
  }

  static void batches(Sdk sdk) {
    var u = sdk.users;
    check("user batch: create, with a password that works", () -> {
      BatchUserRequest one = BatchUserRequest.builder().loginId("one").roleNames(List.of("Reader")).build();
      BatchUserRequest two = BatchUserRequest.builder().loginId("two").password(Sdk.PASSWORD).userTenants(List.of(in("acme", "Steward"))).build();
      var got = u.createBatch(List.of(one, two));
      same("created and failed", of(got.getCreatedUsers().size(), got.getFailedUsers()), of(2, List.of()));
      sameSet("roles of one", sdk.user("one").getRoleNames(), "Reader");
      sameSet("roles of two in acme", inTenant(sdk.user("two"), "acme"), "Steward");
      sdk.signIn("two");
    });
    check("user batch: who can't be made is told, and the others are made", () -> {
      BatchUserRequest good = BatchUserRequest.builder().loginId("three").build();
      BatchUserRequest bad = BatchUserRequest.builder().loginId("four").roleNames(List.of("Ghost")).build();
      var got = u.createBatch(List.of(good, bad));
      same("created", one(got.getCreatedUsers(), "created").getLoginIds(), List.of("three"));
      holds("a reason", !one(got.getFailedUsers(), "failed").getFailure().isEmpty());
      refused(NO_USER, () -> u.load("four"));
    });
    check("user batch: a bcrypt hash works as password", () -> {
      var hash = BatchUserPasswordHashed.builder().bcrypt(BatchUserPasswordBcrypt.builder().hash(BCRYPT_HASH).build()).build();
      BatchUserRequest hashed = BatchUserRequest.builder().loginId("hashed").hashedPassword(hash).build();
      u.createBatch(List.of(hashed));
      sdk.passwords.signIn("hashed", BCRYPT_PASSWORD);
      refused(UNPROVEN, () -> sdk.passwords.signIn("hashed", "not " + BCRYPT_PASSWORD));
    });
    check("user batch: invite", () -> {
      BatchUserRequest guest = BatchUserRequest.builder().loginId("five@acme.example").build();
      var got = u.inviteBatch(List.of(guest), InviteOptions.builder().inviteUrl("https://acme.example/welcome").build());
      same("status", one(got.getCreatedUsers(), "created").getStatus(), "invited");
    });
    check("user batch: delete of all test users", () -> {
      u.deleteAllTestUsers();
      refused(NO_USER, () -> u.load("tess"));
      u.load("rita");
    });
  }

  static void search(Sdk sdk) {
    var u = sdk.users;
    check("user search: a world of three", () -> {
      u.create("s-ann", UserRequest.builder().displayName("Ann Search").email("s-ann@search.example").phone("+15555550161").roleNames(List.of("Editor"))
          .userTenants(List.of(in("globex", "Reader", "Editor"))).customAttributes(Map.of("team", "blue")).build());
      u.create("s-bob", UserRequest.builder().displayName("Bob Search").userTenants(List.of(in("globex", "Reader"))).build());
      u.deactivate("s-bob");
      u.createTestUser("s-tim", UserRequest.builder().displayName("Tim Search").build());
    });
    finds(sdk, "text", s -> {}, "s-ann", "s-bob");
    finds(sdk, "login id", s -> s.loginIds(List.of("s-ann", "s-bob", "nobody")), "s-ann", "s-bob");
    finds(sdk, "user id", s -> s.userIds(List.of(sdk.user("s-bob").getUserId())), "s-bob");
    finds(sdk, "e-mail", s -> s.emails(List.of("s-ann@search.example")), "s-ann");
    finds(sdk, "phone", s -> s.phones(List.of("+15555550161")), "s-ann");
    finds(sdk, "role", s -> s.roleNames(List.of("Editor")), "s-ann");
    finds(sdk, "tenant", s -> s.tenantIds(List.of("globex")), "s-ann", "s-bob");
    finds(sdk, "status", s -> s.statuses(List.of(UserStatus.DISABLED)), "s-bob");
    finds(sdk, "attribute", s -> s.customAttributes(Map.of("team", "blue")), "s-ann");
    finds(sdk, "any of the roles in a tenant", s -> s.tenantRoleNames(Map.of("globex", new RolesList(List.of("Reader", "Editor"), false))), "s-ann", "s-bob");
    finds(sdk, "all of the roles in a tenant", s -> s.tenantRoleNames(Map.of("globex", new RolesList(List.of("Reader", "Editor"), true))), "s-ann");
    finds(sdk, "text, with test users", s -> s.withTestUser(true), "s-ann", "s-bob", "s-tim");
    finds(sdk, "text, test users only", s -> s.testUsersOnly(true), "s-tim");
    finds(sdk, "created since an hour ago", s -> s.fromCreatedTime(Instant.now().minusSeconds(3600)), "s-ann", "s-bob");
    finds(sdk, "created in the future", s -> s.fromCreatedTime(Instant.now().plusSeconds(3600)));
    finds(sdk, "created in the past", s -> s.toCreatedTime(Instant.now().minusSeconds(3600)));
    finds(sdk, "a login id that nobody has", s -> s.loginIds(List.of("nobody")));
    check("user search: in pages, with the total of all", () -> {
      var first = u.searchAll(UserSearchRequest.builder().text("search").limit(1).build());
      var second = u.searchAll(UserSearchRequest.builder().text("search").limit(1).page(1).build());
      sameSet("users", List.of(one(first.getUsers(), "users").getName(), one(second.getUsers(), "users").getName()), "Ann Search", "Bob Search");
      same("totals", of(first.getTotal(), second.getTotal()), of(2, 2));
    });
    check("user search: without options finds all", () -> holds("more than ten", u.searchAll(null).getTotal() > 10));
  }

  private static void finds(Sdk sdk, String by, Consumer<UserSearchRequest.UserSearchRequestBuilder> options, String... want) {
    check("user search: by " + by, () -> {
      var search = UserSearchRequest.builder().text("search");
      options.accept(search);
      var got = sdk.users.searchAll(search.build());
      sameSet("users", got.getUsers().stream().map(UserResponse::getLoginIds).map(all -> all.get(0)).toList(), want);
      same("total", got.getTotal(), want.length);
    });
  }
}
