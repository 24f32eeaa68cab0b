package native

import (
	"strconv"

	"github.com/rolecall/rolecall"
	"github.com/rolecall/rolecall/internal/api"
)

type assignBulkInput struct {
	Body bulkAssignment
}

// A bulkAssignment is the product of three lists: each role to each subject, in
// each tenant or, without tenants, everywhere.
type bulkAssignment struct {
	Subjects []rolecall.SubjectID `json:"subjects"`
	Roles    []rolecall.RoleID    `json:"roles"`
	Tenants  []rolecall.TenantID  `json:"tenants,omitempty"`
	Resource string               `json:"resource,omitempty"`
	Source   rolecall.Source      `json:"source,omitempty"`
	rolecall.Validity
	Reason string `json:"reason,omitempty"`
}

// rows returns the assignments: subjects outermost, tenants innermost.
func (b bulkAssignment) rows() ([]rolecall.Assignment, error) {
	switch {
	case len(b.Subjects) == 0:
		return nil, api.Fault("subjects", "is required")
	case len(b.Roles) == 0:
		return nil, api.Fault("roles", "is required")
	case b.Tenants == nil:
		b.Tenants = []rolecall.TenantID{""}
	case len(b.Tenants) == 0:
		return nil, api.Fault("tenants", "must name one, or be left out to mean everywhere")
	}
	// Each factor first, since their product may be more than an int holds.
	if most := max(len(b.Subjects), len(b.Roles), len(b.Tenants)); most > maxOps || len(b.Subjects)*len(b.Roles)*len(b.Tenants) > maxOps {
		return nil, api.Fault("subjects", "times roles and tenants must be at most "+strconv.Itoa(maxOps))
	}
	var rows []rolecall.Assignment
	for _, subject := range b.Subjects {
		for _, role := range b.Roles {
			for _, tenant := range b.Tenants {
				rows = append(rows, rolecall.Assignment{
					Subject: subject, Role: role, Scope: rolecall.Scope{Tenant: tenant, Resource: b.Resource},
					Source: b.Source, Validity: b.Validity, Reason: b.Reason,
				})
			}
		}
	}
	return rows, nil
}

// assignBulk makes every assignment of a product, or none. What fails is told
// for each row, by its index.
func (h *Handler) assignBulk(c *call, in *assignBulkInput) (none writeReply, err error) {
	rows, err := in.Body.rows()
	if err != nil {
		return none, err
	}
	ops := make([]rolecall.Op, len(rows))
	for i := range rows {
		ops[i] = rolecall.Put(&rows[i])
	}
	return h.writeAll(c, ops)
}
