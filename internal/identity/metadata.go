package identity

import (
	"encoding/json"

	"github.com/rolecall/rolecall"
)

// metadata are the attributes of an invitation that the invited get, as those of
// a user: objects, by the names that Auth0 has for them.
var metadata = []string{"app_metadata", "user_metadata"}

// hasMetadata reports whether attributes hold any. What can't be read holds none.
func hasMetadata(a rolecall.Attributes) bool {
	var all map[string]json.RawMessage
	if len(a) == 0 || json.Unmarshal(a, &all) != nil {
		return false
	}
	for _, name := range metadata {
		if all[name] != nil {
			return true
		}
	}
	return false
}

// withMetadata returns a user's attributes with the members of an invitation's
// metadata that the user does not have, and whether there are any. What does not
// fit in is left out: whoever accepts an invitation gets in.
func withMetadata(user, invitation rolecall.Attributes) (rolecall.Attributes, bool) {
	var all, more map[string]json.RawMessage
	if len(invitation) == 0 || json.Unmarshal(invitation, &more) != nil || len(user) > 0 && json.Unmarshal(user, &all) != nil {
		return user, false
	}
	if all == nil {
		all = map[string]json.RawMessage{}
	}
	changed := false
	for _, name := range metadata {
		var has, gets map[string]json.RawMessage
		if json.Unmarshal(more[name], &gets) != nil || len(gets) == 0 || all[name] != nil && json.Unmarshal(all[name], &has) != nil {
			continue
		}
		if has == nil {
			has = map[string]json.RawMessage{}
		}
		added := false
		for member, value := range gets {
			if has[member] == nil {
				has[member], added = value, true
			}
		}
		if text, err := json.Marshal(has); err == nil && added {
			all[name], changed = text, true
		}
	}
	text, err := json.Marshal(all)
	if err != nil || !changed || len(text) > rolecall.MaxAttributesBytes {
		return user, false
	}
	return text, true
}
