package compat;

import com.descope.exception.ClientFunctionalException;
import com.descope.exception.ServerCommonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/** What all groups of checks use: a check passes if its body does not throw. */
final class Check {
  /** The codes of refusals, which are all that the SDK shows of them beside their message. */
  static final String MISSING = "E011002";

  static final String INVALID = "E011003";
  static final String UNFIT = "E011004";
  static final String UNPROVEN = "E011401";
  static final String FORBIDDEN = "E011403";
  static final String NO_PATH = "E011404";
  static final String NO_METHOD = "E011405";
  static final String NO_PERMISSION = "E024101";
  static final String PERMISSION_EXISTS = "E024102";
  static final String NO_ROLE = "E024201";
  static final String ROLE_EXISTS = "E024202";
  static final String BUILT_IN = "E024214";
  static final String NO_TENANT = "E024301";
  static final String TENANT_EXISTS = "E024302";
  static final String NO_MEMBER = "E024303";
  static final String NO_KEY = "E024401";
  static final String NO_USER = "E112102";
  static final String USER_EXISTS = "E062107";
  static final String PASSWORD_EXPIRED = "E062909";
  static final String LOGGED_OUT = "E064001";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static int passed;
  private static int failed;

  private Check() {}

  /** A part of a check, or one call. */
  interface Body {
    void run() throws Exception;
  }

  static void check(String name, Body body) {
    try {
      body.run();
      passed++;
      System.out.println("ok " + name);
    } catch (Exception | AssertionError why) {
      failed++;
      System.out.println("FAIL " + name + ": " + String.join(" ", String.valueOf(why).split("\\s+")));
    }
  }

  /** Prints the closing line, and returns the exit code. */
  static int end() {
    System.out.println(passed + " passed, " + failed + " failed");
    return failed > 0 ? 1 : 0;
  }

  static void same(String what, Object got, Object want) {
    if (!Objects.equals(got, want)) {
      throw new AssertionError(what + ": got " + got + ", want " + want);
    }
  }

  /** Compares several values at once. */
  static List<Object> of(Object... values) {
    return Arrays.asList(values);
  }

  /** Compares lists whose order says nothing. A list that is missing is none. */
  static void sameSet(String what, Collection<String> got, String... want) {
    holds(what + ": a list", got != null);
    same(what, got.stream().sorted().toList(), Arrays.stream(want).sorted().toList());
  }

  static void holds(String what, boolean condition) {
    if (!condition) {
      throw new AssertionError(what + ": does not hold");
    }
  }

  /** Returns the only element of a list. */
  static <T> T one(List<T> found, String what) {
    same("number of " + what, found.size(), 1);
    return found.get(0);
  }

  /** Fails unless a call throws the server's own refusal, with the code, as the SDK shows it. */
  static String refused(String code, Body call) throws Exception {
    try {
      call.run();
    } catch (ServerCommonException e) {
      holds("refused by the server, not by the SDK: " + e, e.getServerResponse() != null);
      var said = JSON.readTree(e.getServerResponse());
      same("error code of " + said, e.getCode(), code);
      for (var key : List.of("errorCode", "errorDescription", "errorMessage")) {
        holds(key + " in " + said, !said.path(key).asText().isEmpty());
      }
      same("message", e.getMessage(), said.get("errorMessage").asText());
      return e.getMessage();
    }
    throw new AssertionError("accepted, want it refused with " + code);
  }

  /** Fails unless the SDK finds a token wrong, by itself. */
  static void rejects(Body call) throws Exception {
    try {
      call.run();
    } catch (ClientFunctionalException e) {
      return;
    }
    throw new AssertionError("accepted, want it rejected");
  }
}
