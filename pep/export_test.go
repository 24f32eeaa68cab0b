package pep

// Remembered returns how many verified tokens v holds.
func (v *Verifier) Remembered() int {
	v.verified.mu.RLock()
	defer v.verified.mu.RUnlock()
	return len(v.verified.new) + len(v.verified.old)
}

// Forget makes v remember nothing.
func (v *Verifier) Forget() { v.verified = newCache(v.tokens.CacheSize) }
