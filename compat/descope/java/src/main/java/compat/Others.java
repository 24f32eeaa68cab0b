package compat;

import static compat.Check.NO_METHOD;
import static compat.Check.NO_PATH;
import static compat.Check.NO_TENANT;
import static compat.Check.check;
import static compat.Check.holds;
import static compat.Check.of;
import static compat.Check.one;
import static compat.Check.refused;
import static compat.Check.same;
import static compat.Check.sameSet;

import com.descope.enums.AuditType;
import com.descope.model.audit.AuditCreateRequest;
import com.descope.model.audit.AuditRecord;
import com.descope.model.audit.AuditSearchRequest;
import com.descope.model.jwt.request.AnonymousUserRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Audit, snapshots, groups, what Rolecall lacks, and how it is reached. */
final class Others {
  private Others() {}

  private static List<AuditRecord> events(Sdk sdk, AuditSearchRequest.AuditSearchRequestBuilder search) {
    return sdk.audit.search(search.build()).getAudits();
  }

  static void audit(Sdk sdk) {
    check("audit: an event is found afterwards", () -> {
      sdk.audit.createEvent(AuditCreateRequest.builder().action("door.opened").type(AuditType.WARN).actorId("porter").tenantId("acme").data(Map.of("door", "3")).build());
      var got = one(events(sdk, AuditSearchRequest.builder().actions(List.of("door.opened"))), "events");
      same("event", of(got.getAction(), got.getType(), got.getActorId(), got.getTenants(), got.getData()),
          of("door.opened", AuditType.WARN, "porter", List.of("acme"), Map.of("door", "3")));
      holds("now", Duration.between(got.getOccurred(), Instant.now()).abs().toMinutes() < 10);
    });
    check("audit: what was done through management is found", () -> {
      holds("events", sdk.audit.search(null).getAudits().size() > 10);
      holds("roles made", !events(sdk, AuditSearchRequest.builder().actions(List.of("RoleCreated"))).isEmpty());
    });
    check("audit: by actor, by tenant, by time", () -> {
      var opened = List.of("door.opened");
      same("the porter's", events(sdk, AuditSearchRequest.builder().actorIds(List.of("porter"))).size(), 1);
      same("in acme", events(sdk, AuditSearchRequest.builder().actions(opened).tenants(List.of("acme"))).size(), 1);
      same("in globex", events(sdk, AuditSearchRequest.builder().actions(opened).tenants(List.of("globex"))).size(), 0);
      same("since an hour", events(sdk, AuditSearchRequest.builder().actions(opened).from(Instant.now().minusSeconds(3600))).size(), 1);
      same("until an hour ago", events(sdk, AuditSearchRequest.builder().actions(opened).to(Instant.now().minusSeconds(3600))).size(), 0);
    });
    check("audit: an action that never was finds none", () -> same("events", events(sdk, AuditSearchRequest.builder().actions(List.of("never"))), List.of()));
  }

  static void others(Sdk sdk) {
    check("snapshot: export, and import again changes nothing", () -> {
      var files = sdk.snapshots.exportProject().getFiles();
      holds("files", !files.isEmpty());
      sdk.snapshots.importProject(files);
      sameSet("permissions of a role", Rbac.role(sdk, "Editor", "").getPermissionNames(), "notes.read", "notes.write");
    });
    check("groups: those of a tenant, of a user, and one that nobody made", () -> {
      same("groups", sdk.groups.loadAllGroups("acme"), List.of());
      same("groups of a user", sdk.groups.loadAllGroupsForMembers("acme", List.of(), List.of("rita")), List.of());
      same("one that nobody made", sdk.groups.loadAllGroupMembers("acme", "no-such-group"), List.of());
    });
    check("groups: those of an unknown tenant are refused", () -> refused(NO_TENANT, () -> sdk.groups.loadAllGroups("no-such-tenant")));
  }

  /** Calls that Rolecall lacks are refused as Descope refuses. */
  @SuppressWarnings("deprecation")
  static void differences(Sdk sdk) {
    lacks("sso.getSettings, which the SDK deprecates,", NO_METHOD, () -> sdk.sso.getSettings("acme"));
    lacks("sso.configureMetadata, which the SDK deprecates,", NO_PATH, () -> sdk.sso.configureMetadata("acme", "https://idp.example/metadata"));
    lacks("sso.configureMapping, which the SDK deprecates,", NO_PATH, () -> sdk.sso.configureMapping("acme", List.of(), null));
    lacks("tenants.getSettings", NO_PATH, () -> sdk.tenants.getSettings("acme"));
    lacks("jwt.anonymous", NO_PATH, () -> sdk.jwt.anonymous(new AnonymousUserRequest()));
    lacks("jwt.signUp", NO_PATH, () -> sdk.jwt.signUp("rita", null));
    lacks("users.history", NO_PATH, () -> sdk.users.history(List.of("rita")));
    lacks("users.generateEmbeddedLink", NO_PATH, () -> sdk.users.generateEmbeddedLink("rita", Map.of()));
    lacks("passwords.sendPasswordReset", NO_PATH, () -> sdk.passwords.sendPasswordReset("rita", "https://acme.example"));
  }

  private static void lacks(String call, String code, Check.Body body) {
    check("known difference: " + call + " is refused", () -> refused(code, body));
  }

  static void transport(Sdk sdk) {
    check("a base URL that ends in a slash works for management", () -> new Sdk(sdk.url + "/", sdk.project, sdk.key).roles.loadAll());
  }
}
