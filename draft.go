package rolecall

// A draft is a write in progress.
type draft struct{}
