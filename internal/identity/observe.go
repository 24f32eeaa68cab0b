package identity

// WithSignIns makes an Identity tell f how each attempt to sign in with a
// password ended: nil, or the error of [Identity.SignIn]. f must be quick, and
// safe for concurrent use.
func WithSignIns(f func(err error)) Option { return func(i *Identity) { i.signedIn = f } }
