package compat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.util.List;
import java.util.function.Consumer;

/**
 * This program makes every call of the Descope Java SDK that Rolecall answers, good and bad, against
 * the server named by the JSON file in ROLECALL_DEV_INFO.
 */
final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    var info = new ObjectMapper().readTree(new File(System.getenv("ROLECALL_DEV_INFO")));
    // With a slash at the end of the base URL, this SDK looks for the keys of tokens at a host called "v2".
    var url = info.get("url").asText().replaceAll("/+$", "");
    var sdk = new Sdk(url, info.get("project_id").asText(), info.get("management_key").asText());
    List<Consumer<Sdk>> groups = List.of(
        Rbac::permissions, Rbac::roles, Rbac::tenantRoles, Rbac::search,
        Memberships::roles, Memberships::tenants,
        Tenants::tenants, Tenants::deletion,
        Users::users, Users::changes, Users::batches, Users::search,
        Passwords::passwords,
        Sessions::sessions, Sessions::claims, Sessions::selection, Sessions::endings, Sessions::managed,
        Keys::accessKeys, Keys::exchange,
        Sso::sso, Others::audit, Others::others, Others::differences,
        Keys::credentials, Others::transport, Passwords::limits);
    groups.forEach(group -> group.accept(sdk));
    System.exit(Check.end());
  }
}
