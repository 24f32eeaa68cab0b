package measure

// An HTTP is what was measured of one server, over loopback.
type HTTP struct {
	Label       string
	Ours        bool
	Questions   int // in one request
	Connections int
	Agreed      int     // questions that were answered as the floor does
	CPU         float64 // ns of the server's process, for one request
	Ratio       float64 // over the bare handler's, the median of the turns
}

// PerQuestion returns the server's CPU time for one question, in ns.
func (h HTTP) PerQuestion() float64 { return h.CPU / float64(h.Questions) }
