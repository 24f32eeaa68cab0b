package webhook

import "log/slog"

// A trouble is logged when it begins, when it becomes another, and when it is over:
// a database that is away for an hour is not a line a second.
type trouble struct {
	wrong, right string // what is logged
	is           string // the error that was logged last; "" if all is well
}

// note logs err if that is news, or that what was wrong is over.
func (t *trouble) note(log *slog.Logger, err error, about ...any) {
	switch {
	case err != nil && err.Error() != t.is:
		t.is = err.Error()
		log.Warn(t.wrong, append(about, "error", err)...)
	case err == nil && t.is != "":
		t.is = ""
		log.Info(t.right, about...)
	}
}
