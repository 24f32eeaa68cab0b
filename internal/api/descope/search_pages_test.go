package descope

import (
	"fmt"
	"testing"
)

// A page that begins after the last user is empty, however large the numbers are.
func TestUserSearchPages(t *testing.T) {
	s := newServer(t)
	s.town(t)
	whole := s.do(t, "POST", "/v2/mgmt/user/search", `{}`)
	total := len(whole["users"].([]any))
	const most = 9223372036854775807
	for _, tt := range []struct{ limit, page, want int }{
		{0, 0, total}, {0, 1, 0}, {1, 0, 1}, {1, total - 1, 1}, {1, total, 0}, {total, 0, total}, {total, 1, 0}, {total - 1, 1, 1},
		{most, 0, total}, {most, 1, 0}, {most, most, 0}, {1, most, 0}, {2, most/2 + 1, 0}, {0, most, 0},
	} {
		body := fmt.Sprintf(`{"limit":%d,"page":%d}`, tt.limit, tt.page)
		got := s.do(t, "POST", "/v2/mgmt/user/search", body)
		if users := got["users"].([]any); len(users) != tt.want || got["total"] != whole["total"] {
			t.Errorf("%s: %d users of %v, want %d", body, len(users), got["total"], tt.want)
		}
	}
}
