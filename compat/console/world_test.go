package console_test

import (
	"fmt"
	"strings"
	"time"

	rc "github.com/rolecall/rolecall"
)

// world is a project that looks like one in use: a billing company's.
func world() []rc.Op {
	var ops []rc.Op
	add := func(r rc.Record) { ops = append(ops, rc.Put(r)) }
	soon := time.Now().Add(5 * 24 * time.Hour).UTC().Truncate(time.Second)

	add(&rc.API{ID: "billing", Identifier: "https://billing.example.com", Name: "Billing API", Description: "Invoices, payments and plans",
		Tokens: rc.TokenRules{Enforce: true, Permissions: true, Offline: true}})
	for _, thing := range []string{"invoices", "payments", "refunds", "customers", "plans", "coupons"} {
		for _, verb := range []string{"read", "create", "update", "delete", "approve", "export"} {
			name := thing + ":" + verb
			add(&rc.Permission{ID: rc.PermissionID(name), API: "billing", Name: name, Description: strings.ToUpper(verb[:1]) + verb[1:] + " " + thing})
		}
	}
	for _, name := range []string{"post.view", "post.edit", "post.publish", "post.delete"} {
		add(&rc.Permission{ID: rc.PermissionID(name), Name: name})
	}
	add(&rc.Client{ID: "portal", Name: "Customer portal", Description: "Where customers see their invoices", OAuth: rc.OAuth{
		Type: rc.WebApplication, GrantTypes: []rc.GrantType{rc.GrantCode, rc.GrantRefresh}, Rotate: true, Tenants: rc.TenantsAllowed,
		RedirectURIs: []string{"https://portal.example.com/callback"}, LogoutURIs: []string{"https://portal.example.com/"}, WebOrigins: []string{"https://portal.example.com"},
	}})
	add(&rc.Client{ID: "nightly", Name: "Nightly export", OAuth: rc.OAuth{Type: rc.MachineToMachine, GrantTypes: []rc.GrantType{rc.GrantClient}}})
	add(&rc.ClientGrant{ID: "cgr_nightly", Client: "nightly", API: "billing", Scope: []string{"invoices:read", "invoices:export"}})
	add(&rc.ClientGrant{ID: "cgr_portal", Client: "portal", API: "billing", For: rc.ForUser, AllScopes: true})
	for _, t := range []struct{ id, name string }{{"acme", "Acme Corporation"}, {"globex", "Globex"}, {"initech", "Initech"}, {"umbrella", "Umbrella Health"}} {
		add(&rc.Tenant{ID: rc.TenantID(t.id), Name: t.name})
	}
	for i, name := range []string{"Billing Admin", "Accountant", "Auditor (billing)", "Support L1", "Support L2", "Support Lead", "Sales", "Sales Lead", "Developer", "SRE", "Security", "Data Analyst", "Partner", "Viewer"} {
		id := rc.RoleID(strings.ToLower(strings.NewReplacer(" ", "-", "(", "", ")", "").Replace(name)))
		add(&rc.Role{ID: id, Name: name, Description: "What a " + strings.ToLower(name) + " needs"})
		for j, thing := range []string{"invoices", "payments", "refunds", "customers", "plans", "coupons"} {
			for k, verb := range []string{"read", "create", "update", "delete", "approve", "export"} {
				if k == 0 || (i*7+j*3+k*5)%4 == 0 {
					add(&rc.Grant{Role: id, Permission: rc.PermissionID(thing + ":" + verb)})
				}
			}
		}
	}
	add(&rc.Role{ID: "acme-billing", Tenant: "acme", Name: "Acme Billing", Description: "Made by Acme itself"})
	add(&rc.Grant{Role: "acme-billing", Permission: "invoices:read"})
	add(&rc.Inheritance{Senior: "support-l2", Junior: "support-l1"})
	add(&rc.Inheritance{Senior: "support-lead", Junior: "support-l2"})
	add(&rc.Inheritance{Senior: "sales-lead", Junior: "sales"})

	add(&rc.Group{ID: "finance", Name: "Finance", Description: "Everybody who closes the books"})
	add(&rc.Group{ID: "emea", Name: "Finance EMEA"})
	add(&rc.Group{ID: "oncall", Name: "On call"})
	for i, name := range people {
		id := rc.SubjectID(strings.ToLower(strings.Fields(name)[0]))
		email := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.com"
		add(&rc.User{ID: id, Name: name, Email: email, EmailVerified: i%3 > 0, Blocked: i == 7})
		add(&rc.Membership{Tenant: rc.TenantID([]string{"acme", "globex", "initech"}[i%3]), Subject: id})
	}
	add(&rc.GroupMember{Group: "finance", Member: "grace"})
	add(&rc.GroupMember{Group: "finance", Member: "emea"})
	add(&rc.GroupMember{Group: "emea", Member: "ada"})
	add(&rc.GroupMember{Group: "emea", Member: "alan"})
	add(&rc.GroupMember{Group: "oncall", Member: "linus", Source: rc.SourceSCIM})
	add(&rc.Assignment{Subject: "finance", Role: "accountant"})
	add(&rc.Assignment{Subject: "oncall", Role: "sre", Source: rc.SourceSCIM})
	add(&rc.Assignment{Subject: "ada", Role: "support-lead", Scope: rc.Scope{Tenant: "acme"}, Reason: "Leads the Acme desk"})
	add(&rc.Assignment{Subject: "ada", Role: "viewer", Source: rc.SourceSSO})
	add(&rc.Assignment{Subject: "ada", Role: "sales", Scope: rc.Scope{Tenant: "acme", Resource: "contract:42"}, Validity: rc.Validity{ExpiresAt: soon}, Reason: "Covers for Bob"})
	add(&rc.Assignment{Subject: "alan", Role: "tenant-admin", Scope: rc.Scope{Tenant: "acme"}})
	add(&rc.Assignment{Subject: "grace", Role: "auditor"})
	add(&rc.Assignment{Subject: "barbara", Role: "billing-admin", Validity: rc.Validity{ExpiresAt: soon}})
	add(&rc.Assignment{Subject: "alan", Role: "acme-billing", Scope: rc.Scope{Tenant: "acme"}})
	add(&rc.Constraint{ID: "two-hands", Name: "Two hands", Description: "Who enters invoices does not pay them", MaxAllowed: 1})
	add(&rc.ConstraintRole{Constraint: "two-hands", Role: "accountant"})
	add(&rc.ConstraintRole{Constraint: "two-hands", Role: "billing-admin"})
	add(&rc.Session{ID: "desk", Subject: "ada", Tenant: "acme", Validity: rc.Validity{ExpiresAt: soon}})
	add(&rc.SessionRole{Session: "desk", Role: "support-lead"})
	add(&rc.SessionRole{Session: "desk", Role: "viewer"})
	add(&rc.DirectGrant{Subject: "ada", Permission: "post.publish", Reason: "Writes the release notes"})
	for i := range 24 {
		add(&rc.User{ID: rc.SubjectID(fmt.Sprintf("usr_%04d", i)), Name: fmt.Sprintf("Customer %02d", i), Email: fmt.Sprintf("customer%02d@globex.example", i)})
	}
	return ops
}

var people = []string{
	"Ada Lovelace", "Alan Turing", "Grace Hopper", "Barbara Liskov", "Edsger Dijkstra", "Donald Knuth", "Margaret Hamilton",
	"Ken Thompson", "Dennis Ritchie", "Frances Allen", "Linus Torvalds", "Radia Perlman", "Leslie Lamport", "Shafi Goldwasser",
	"Niklaus Wirth", "Katherine Johnson", "Tony Hoare", "Adele Goldberg", "John Backus", "Hedy Lamarr",
}
