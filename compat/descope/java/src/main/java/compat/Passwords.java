package compat;

import static compat.Check.FORBIDDEN;
import static compat.Check.INVALID;
import static compat.Check.MISSING;
import static compat.Check.NO_USER;
import static compat.Check.PASSWORD_EXPIRED;
import static compat.Check.UNPROVEN;
import static compat.Check.USER_EXISTS;
import static compat.Check.check;
import static compat.Check.holds;
import static compat.Check.of;
import static compat.Check.one;
import static compat.Check.refused;
import static compat.Check.same;
import static compat.Sdk.CHANGED;
import static compat.Sdk.PASSWORD;

import com.descope.model.user.User;
import com.descope.model.user.request.UserSearchRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;

/** Passwords. */
final class Passwords {
  private Passwords() {}

  static void passwords(Sdk sdk) {
    var p = sdk.passwords;
    var u = sdk.users;
    check("password: policy", () -> holds("a least length", p.getPasswordPolicy().getMinLength() > 0));
    check("password: sign-up signs in", () -> {
      var info = p.signUp("pam@acme.example", User.builder().name("Pam").familyName("Li").build(), PASSWORD);
      same("user", of(info.getUser().getName(), info.getUser().getFamilyName(), info.getUser().getStatus(), info.getFirstSeen()), of("Pam", "Li", "enabled", true));
      same("user id", info.getToken().getId(), info.getUser().getUserId());
      sdk.auth.validateSessionWithToken(info.getToken().getJwt());
      holds("a refresh token", info.getRefreshToken() != null);
    });
    check("password: sign-up with addresses, by which the user is found", () -> {
      var user = p.signUp("paz", User.builder().email("Paz@Acme.example").phone("+1-555-555-0177").build(), PASSWORD).getUser();
      same("addresses", of(user.getEmail(), user.getVerifiedEmail(), user.getPhone(), user.getVerifiedPhone()), of("paz@acme.example", false, "+15555550177", false));
      var found = u.searchAll(UserSearchRequest.builder().emails(List.of("Paz@Acme.example")).build()).getUsers();
      same("found", one(found, "users").getUserId(), user.getUserId());
    });
    check("password: sign-up without a user", () -> p.signUp("pim", null, PASSWORD));
    check("password: sign-up with a login id that is taken is refused", () -> refused(USER_EXISTS, () -> p.signUp("pam@acme.example", null, PASSWORD)));
    check("password: sign-up with a password against the policy is refused, and nobody is created", () -> {
      refused(INVALID, () -> p.signUp("weak", null, "1"));
      refused(NO_USER, () -> u.load("weak"));
    });
    check("password: sign-in", () -> {
      var info = sdk.signIn("pam@acme.example");
      same("first seen, and what each token is", of(info.getFirstSeen(), info.getToken().getClaims().get("drn"), info.getRefreshToken().getClaims().get("drn")),
          of(false, "DS", "DSR"));
    });
    check("password: sign-in in other letters of the address", () -> sdk.signIn("Pam@ACME.example"));
    check("password: a wrong password and an unknown user are refused alike", () -> {
      var wrong = refused(UNPROVEN, () -> p.signIn("pam@acme.example", CHANGED));
      same("what is said", refused(UNPROVEN, () -> p.signIn("nobody", PASSWORD)), wrong);
    });
    check("password: an empty password is refused", () -> refused(MISSING, () -> p.signIn("pam@acme.example", "")));
    check("password: replace", () -> {
      sdk.auth.validateSessionWithToken(p.replaceUserPassword("pam@acme.example", PASSWORD, CHANGED).getToken().getJwt());
      p.signIn("pam@acme.example", CHANGED);
      refused(UNPROVEN, () -> p.signIn("pam@acme.example", PASSWORD));
    });
    check("password: replace with a wrong old password is refused", () -> refused(UNPROVEN, () -> p.replaceUserPassword("pam@acme.example", PASSWORD, CHANGED)));
    check("password: replace against the policy is refused", () -> refused(INVALID, () -> p.replaceUserPassword("pam@acme.example", CHANGED, "1")));
    check("password: update", () -> {
      p.updateUserPassword("pam@acme.example", PASSWORD, p.signIn("pam@acme.example", CHANGED).getRefreshToken().getJwt());
      sdk.signIn("pam@acme.example");
      refused(UNPROVEN, () -> p.signIn("pam@acme.example", CHANGED));
    });
    check("password: update of another user's is refused", () -> {
      var refresh = sdk.signIn("pam@acme.example").getRefreshToken().getJwt();
      refused(FORBIDDEN, () -> p.updateUserPassword("pim", CHANGED, refresh));
      sdk.signIn("pim");
    });
    check("password: update against the policy is refused", () -> {
      var refresh = sdk.signIn("pim").getRefreshToken().getJwt();
      refused(INVALID, () -> p.updateUserPassword("pim", "1", refresh));
    });
    check("password: update with a session token is refused", () -> {
      var session = sdk.signIn("pim").getToken().getJwt();
      refused(UNPROVEN, () -> p.updateUserPassword("pim", CHANGED, session));
    });
    check("password: set active works at once", () -> {
      u.setActivePassword("pim", CHANGED);
      p.signIn("pim", CHANGED);
    });
    check("password: set active against the policy is refused", () -> refused(INVALID, () -> u.setActivePassword("pim", "1")));
    check("password: set active for an unknown user is refused", () -> refused(NO_USER, () -> u.setActivePassword("nobody", CHANGED)));
    check("password: set temporary for an unknown user is refused", () -> refused(NO_USER, () -> u.setTemporaryPassword("nobody", CHANGED)));
    check("password: set temporary has to be replaced", () -> {
      u.setTemporaryPassword("pim", "Passing-Horse-1");
      refused(PASSWORD_EXPIRED, () -> p.signIn("pim", "Passing-Horse-1"));
      p.replaceUserPassword("pim", "Passing-Horse-1", PASSWORD);
      sdk.signIn("pim");
    });
    check("password: set, the old name of set temporary", () -> {
      setPassword(sdk, "pim", "Passing-Horse-2");
      refused(PASSWORD_EXPIRED, () -> p.signIn("pim", "Passing-Horse-2"));
      p.replaceUserPassword("pim", "Passing-Horse-2", PASSWORD);
    });
    check("password: expire has it replaced", () -> {
      u.expirePassword("pim");
      refused(PASSWORD_EXPIRED, () -> sdk.signIn("pim"));
      p.replaceUserPassword("pim", PASSWORD, CHANGED);
      p.signIn("pim", CHANGED);
    });
    check("password: a wrong password does not tell that it is expired", () -> {
      u.expirePassword("pim");
      refused(UNPROVEN, () -> p.signIn("pim", "Wrong-Horse-9-Battery"));
    });
    check("password: expire for an unknown user is refused", () -> refused(NO_USER, () -> u.expirePassword("nobody")));
  }

  /** Calls what the vendor deprecates, and programs still call. */
  @SuppressWarnings("deprecation")
  private static void setPassword(Sdk sdk, String login, String password) {
    sdk.users.setPassword(login, password);
  }

  /**
   * The last group: it leaves no more attempts to sign in from here.
   *
   * <p>The HTTP client of this SDK waits for as long as Retry-After says, and tries once more by itself.
   */
  static void limits(Sdk sdk) {
    check("limits: guessing is slowed down, with when to try again", () -> {
      sdk.newUser("guessed", null);
      int status = 0;
      for (int i = 0; i < 60 && status != 429; i++) {
        var answer = http(sdk, "/v1/auth/password/signin", "{\"loginId\":\"guessed\",\"password\":\"Wrong-Horse-9-Battery\"}");
        status = answer.statusCode();
        if (status == 429) {
          holds("the code of a limit", answer.body().contains("\"E130429\""));
          holds("a time to wait", answer.headers().firstValueAsLong("Retry-After").orElse(0) > 0);
        } else {
          same("status", status, 401);
        }
      }
      same("status after 60 wrong passwords", status, 429);
    });
    check("limits: the SDK waits for that time", () -> {
      var guess = new Thread(() -> {
        try {
          sdk.passwords.signIn("guessed", "Wrong-Horse-9-Battery");
        } catch (Exception e) { // refused, or interrupted below
        }
      });
      guess.start();
      guess.join(2000);
      holds("it is still waiting after two seconds", guess.isAlive());
      guess.interrupt();
      guess.join(5000);
    });
  }

  /** Makes a call without the SDK. */
  private static HttpResponse<String> http(Sdk sdk, String path, String body) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(sdk.url + path)).header("Authorization", "Bearer " + sdk.project)
        .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)).build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }
}
