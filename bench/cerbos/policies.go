package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/rolecall/rolecall/bench/workload"
)

// policies are the files of a Cerbos policy repository: one for each kind of
// resource. They are JSON, which Cerbos reads as well as YAML.
func policies(w *workload.World) (fs.FS, error) {
	roles := map[string]map[string][]string{} // by kind and action
	for r, permissions := range w.Grants {
		for _, p := range permissions {
			kind, action, _ := strings.Cut(workload.Permission(p), ":")
			if roles[kind] == nil {
				roles[kind] = map[string][]string{}
			}
			roles[kind][action] = append(roles[kind][action], workload.Role(r))
		}
	}
	type rule struct {
		Actions []string `json:"actions"`
		Roles   []string `json:"roles"`
		Effect  string   `json:"effect"`
	}
	files := fstest.MapFS{}
	for kind, actions := range roles {
		var rules []rule
		for _, action := range slices.Sorted(maps.Keys(actions)) {
			rules = append(rules, rule{[]string{action}, actions[action], "EFFECT_ALLOW"})
		}
		text, err := json.Marshal(map[string]any{
			"apiVersion":     "api.cerbos.dev/v1",
			"resourcePolicy": map[string]any{"resource": kind, "version": "default", "rules": rules},
		})
		if err != nil {
			return nil, err
		}
		files[kind+".json"] = &fstest.MapFile{Data: text, Mode: 0o644}
	}
	return files, nil
}
