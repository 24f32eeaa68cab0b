package oidc

// pages lists the pages: one line each. doc.go says how to add one.
func (p *Provider) pages() []pageEntry {
	return []pageEntry{
		{"login", (*visit).showLogin, (*visit).takeLogin, nil},
		{"organization", (*visit).showOrganization, (*visit).takeOrganization, nil},
		{"consent", (*visit).showConsent, (*visit).takeConsent, nil},
		{"signup", (*visit).showSignup, (*visit).takeSignup, nil},
		{"forgot", (*visit).showForgot, (*visit).takeForgot, nil},
		{"change-password", (*visit).showChange, (*visit).takeChange, nil},
		{"reset-password", (*visit).showReset, (*visit).takeReset, p.opens("reset-password")},
		{"verify-email", (*visit).showVerify, (*visit).takeVerify, p.opens("verify-email")},
		{"sso", (*visit).showSSO, (*visit).takeSSO, p.opensSSO},
		{"sso-start/{way}", (*visit).startSSO, nil, nil},
		{"sso-callback/{way}", (*visit).returnSSO, nil, nil},
		{"invitation", (*visit).showInvitation, (*visit).takeInvitation, p.opens("invitation")},
	}
}
