package native

import "github.com/rolecall/rolecall"

// routes is the whole API, in the order of its document. The collections'
// routes come from the table of collections.
func (h *Handler) routes() []route {
	all := []route{
		{"POST", "/check", "Decide", "May a subject do something? One question, or up to 1000 answered at one revision.",
			h.checkEndpoint()},
		{"POST", "/explain", "Decide", "A decision with every way that grants it, or what stands in the way.",
			read(h.explain)},
		{"POST", "/who-can", "Decide", "The users and clients who may do something, in the order of their ids.",
			read(h.whoCan)},
		{"POST", "/what-can", "Decide", "The permissions that a subject holds in a scope, each with the ways it gets it.",
			read(h.whatCan)},
		{"POST", "/which-resources", "Decide", "The resources of a type on which a subject may do something.",
			read(h.whichResources)},
		{"POST", "/effective-roles", "Decide", "The roles that a subject holds in a scope: assigned, through groups, and inherited.",
			read(h.effectiveRoles)},

		{"POST", "/token", "Sign in", "A token for an API, for a login id and password or an access key.",
			public(h.token).atMost(maxSignInBody)},
		{"POST", "/password", "Sign in", "Replace one's own password, by proving the old one.",
			public(h.changePassword).atMost(maxSignInBody)},
		{"GET", "/me", "Sign in", "Who the caller is, and what it may administer.",
			read(h.me)},

		{"POST", "/write", "Administer", "Several operations in one write: all of them, or none.",
			write(h.write).atMost(maxWriteBody)},
		{"POST", "/assignments/bulk", "Administer", "Assign each of some roles to each of some subjects in each of some tenants: all of it, or nothing.",
			write(h.assignBulk).atMost(maxWriteBody)},
		{"PUT", "/users/{id}/password", "Administer", "Set a user's password.",
			write(h.setPassword).needs("rolecall:credentials.write")},
		{"POST", "/keys", "Administer", "Make an access key, for a subject or for a client of its own. Only this answer shows its secret.",
			write(h.createKey).created().needs("rolecall:credentials.write")},
		{"POST", "/keys/{id}/rotate", "Administer", "Give an access key a new secret. The old one ends at once.",
			write(h.rotateKey).needs("rolecall:credentials.write")},
		{"DELETE", "/keys/{id}", "Administer", "Delete an access key, and the client that it was made with.",
			write(h.deleteKey).needs("rolecall:credentials.write")},
		{"POST", "/signing-keys/rotate", "Administer", "Sign with a new key from now on. The old one is published until what it signed has expired.",
			write(h.rotateSigningKey).needs("rolecall:settings.write")},
		{"POST", "/webhooks", "Administer", "Have another program told of changes. Only this answer shows the secret that what is told is signed with.",
			write(h.addWebhook).created().needs("rolecall:settings.write")},
		{"GET", "/webhooks", "Administer", "Every webhook, and how it does.",
			read(h.listWebhooks).needs("rolecall:settings.read")},
		{"PATCH", "/webhooks/{id}", "Administer", "Change a webhook: a JSON merge patch. Its secret stays; what was not told yet is told as it is then.",
			h.changeWebhook().needs("rolecall:settings.write")},
		{"POST", "/webhooks/{id}/test", "Administer", "Send a webhook an event of type test, once.",
			read(h.testWebhook).needs("rolecall:settings.write")},
		{"POST", "/webhooks/{id}/rotate", "Administer", "Give a webhook a new secret. The old one signs nothing any more.",
			write(h.rotateWebhook).needs("rolecall:settings.write")},
		{"POST", "/webhooks/{id}/disable", "Administer", "Tell a webhook nothing for now.",
			write(h.enableWebhook(false)).needs("rolecall:settings.write")},
		{"POST", "/webhooks/{id}/enable", "Administer", "Tell a webhook again, from where it was.",
			write(h.enableWebhook(true)).needs("rolecall:settings.write")},
		{"DELETE", "/webhooks/{id}", "Administer", "Delete a webhook.",
			write(h.deleteWebhook).needs("rolecall:settings.write")},
		{"GET", "/tenants/{id}/sso", "Administer", "A tenant's own OpenID provider, at which its members sign in.",
			read(h.getSSO).needs("rolecall:settings.read")},
		{"PUT", "/tenants/{id}/sso", "Administer", "Set up a tenant's own OpenID provider, in place of the one that is there. Who does must be allowed to give the roles that it gives and, with domains or with addresses of its own, any.",
			write(h.putSSO).needs("rolecall:settings.write")},
		{"DELETE", "/tenants/{id}/sso", "Administer", "Forget a tenant's provider and the client's secret. Whom it signed in stays a user.",
			write(h.deleteSSO).needs("rolecall:settings.write")},
		{"POST", "/users", "Administer", "Make a user, with all that it starts with.",
			write(h.createUser).created().needs("rolecall:users.write")},
		{"POST", "/invitations", "Administer", "Invite somebody to a tenant, or to the project, with roles. The link is mailed; without a mail server, or if asked for, it is answered instead.",
			write(h.invite).created().needs("rolecall:members.write")},

		{"GET", "/audit", "Audit", "Journal entries: who changed what, when, why, from what to what.",
			read(h.audit).needs(rolecall.PermissionAuditRead)},
		{"GET", "/audit/verify", "Audit", "Prove that no journal entry was altered or is missing.",
			read(h.verifyAudit).needs(rolecall.PermissionAuditRead)},
		{"GET", "/audit/sign-ins", "Audit", "The sign-in log: who signed in or out, or failed to. It stands beside the journal, and what is old is forgotten: the setting sign_in_log says when.",
			read(h.signIns).needs(rolecall.PermissionAuditRead)},
		{"GET", "/snapshot", "Replicate", "All that decisions rest on, at one revision: lines of JSON, with a hash at the end.",
			streaming("application/x-ndjson", h.snapshot).needs(rolecall.PermissionCheck)},
		{"GET", "/feed", "Replicate", "What changes after a revision, as server-sent events.",
			streaming("text/event-stream", h.feed).requires("since").needs(rolecall.PermissionCheck)},
		{"GET", "/revision", "Audit", "The project, and the revision that decisions are made at.",
			read(h.revision)},
		{"GET", "/openapi.json", "Audit", "This document.",
			h.documentEndpoint()},
	}
	for _, c := range collections {
		all = append(all, c.routes(h)...)
	}
	return all
}
