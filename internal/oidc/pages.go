package oidc

// pages lists the pages: one line each. doc.go says how to add one.
func (p *Provider) pages() []pageEntry {
	return []pageEntry{
		{"login", (*visit).showLogin, (*visit).takeLogin, nil},
		{"consent", (*visit).showConsent, (*visit).takeConsent, nil},
	}
}
