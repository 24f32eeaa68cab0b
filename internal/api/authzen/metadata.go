package authzen

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/rolecall/rolecall/internal/api"
)

const wellKnown = "/.well-known/authzen-configuration"

// metadata says where a decision point is, section 9 of the specification. It
// says the same of a tenant that does not exist as of one that does.
type metadata struct {
	root string // the public URL without a slash at its end
	base string // its path
}

func newMetadata(publicURL string) (*metadata, error) {
	u, err := url.Parse(publicURL)
	if err != nil || u.Scheme == "" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(u.Path, "{}") {
		return nil, fmt.Errorf("authzen: the public URL must be like https://auth.example.com/")
	}
	return &metadata{strings.TrimSuffix(publicURL, "/"), strings.TrimSuffix(u.EscapedPath(), "/")}, nil
}

type configuration struct {
	PolicyDecisionPoint string `json:"policy_decision_point"`
	Evaluation          string `json:"access_evaluation_endpoint"`
	Evaluations         string `json:"access_evaluations_endpoint"`
	SubjectSearch       string `json:"search_subject_endpoint"`
	ResourceSearch      string `json:"search_resource_endpoint"`
	ActionSearch        string `json:"search_action_endpoint"`
}

func (m *metadata) serve(w http.ResponseWriter, r *http.Request) {
	point := m.root
	if tenant := r.PathValue("tenant"); tenant != "" {
		point += strings.Replace(tenantPath, "{tenant}", url.PathEscape(tenant), 1)
	}
	header := w.Header()
	header.Set("Cache-Control", "public, max-age=300")
	header.Set("Access-Control-Allow-Origin", "*")
	api.WriteJSON(w, http.StatusOK, configuration{
		PolicyDecisionPoint: point,
		Evaluation:          point + pathEvaluation,
		Evaluations:         point + pathEvaluations,
		SubjectSearch:       point + pathSubjectSearch,
		ResourceSearch:      point + pathResourceSearch,
		ActionSearch:        point + pathActionSearch,
	})
}
