package pep

import "html/template"

// Funcs returns functions for templates, to be given to Funcs before Parse. Each
// asks about a [Caller], which is bound to a request and so comes with the data:
//
//	{{if can .Me "post.publish"}}<button>Publish</button>{{end}}
//
// They are can, canAny, canAll, hasRole and inGroup. All are false for nobody.
// The Caller's methods are the same questions: {{if (.Me.On "doc:7").Can "doc.edit"}}.
func Funcs() template.FuncMap {
	return template.FuncMap{
		"can":     (*Caller).Can,
		"canAny":  (*Caller).CanAny,
		"canAll":  (*Caller).CanAll,
		"hasRole": (*Caller).HasRole,
		"inGroup": (*Caller).InGroup,
	}
}
