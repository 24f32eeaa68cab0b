package console

import "github.com/rolecall/rolecall"

type apisPage struct {
	*call
	List *listing
	APIs []apiRow
}

type apiRow struct {
	*rolecall.API
	Permissions int
	BuiltIn     bool
}

func apis(c *call) (any, error) {
	c.Title = "APIs"
	p := &apisPage{call: c}
	list, records, err := c.page(c.apisQuery(), "name", "identifier", "created_at")
	if err != nil {
		return nil, err
	}
	p.List = list
	for _, a := range as[*rolecall.API](records) {
		row := apiRow{API: a, BuiltIn: rolecall.BuiltIn(a)}
		if row.Permissions, err = c.count(rolecall.KindPermission, rolecall.Where("api", a.ID)); err != nil {
			return nil, err
		}
		p.APIs = append(p.APIs, row)
	}
	return p, nil
}

func (c *call) apisQuery() rolecall.Query { return rolecall.Query{Kind: rolecall.KindAPI} }

type apiPage struct {
	*call
	API         *rolecall.API
	BuiltIn     bool
	List        *listing
	Permissions []*rolecall.Permission
	Copies      []snippet
}

func api(c *call) (any, error) {
	a, err := look(c, &rolecall.API{ID: rolecall.APIID(c.id())})
	if err != nil {
		return nil, err
	}
	c.Title = a.Name
	p := &apiPage{call: c, API: a, BuiltIn: rolecall.BuiltIn(a), Copies: c.shown(a)}
	list, records, err := c.page(rolecall.Query{Kind: rolecall.KindPermission, Where: []rolecall.Condition{rolecall.Where("api", a.ID)}}, "name")
	p.List, p.Permissions = list, as[*rolecall.Permission](records)
	return p, err
}

func apiForm(c *call) (any, error) {
	return c.form("New API", "Create",
		required(textField("name", "Name", "")),
		required(field{Name: "identifier", Label: "Identifier", Hint: "The audience of its tokens, for good: https://api.example.com", Max: rolecall.MaxIDBytes}),
		areaField("description", "Description", "")), nil
}

func createAPI(c *call) (*change, error) {
	a := &rolecall.API{ID: rolecall.APIID(rolecall.NewID("api")), Identifier: c.Value("identifier"), Name: c.Value("name"), Description: c.Value("description")}
	return &change{quiet: true, steps: steps{create(a)}, then: c.Link("/apis/{id}", a.ID), said: "The API is created. Give it permissions next."}, nil
}

func editAPIForm(c *call) (any, error) {
	a, err := look(c, &rolecall.API{ID: rolecall.APIID(c.id())})
	if err != nil {
		return nil, err
	}
	return c.form("Edit "+a.Name, "Save", required(textField("name", "Name", a.Name)),
		field{Label: "Identifier", Type: "fixed", Value: a.Identifier}, areaField("description", "Description", a.Description)), nil
}

func editAPI(c *call) (*change, error) {
	id := rolecall.APIID(c.id())
	return &change{
		quiet: true, steps: steps{modify(&rolecall.API{ID: id}, nil, func(a *rolecall.API) {
			a.Name, a.Description = c.Value("name"), c.Value("description")
		})},
		then: c.Link("/apis/{id}", id), said: "The API is saved.",
	}, nil
}

func deleteAPI(c *call) (*change, error) {
	a, err := look(c, &rolecall.API{ID: rolecall.APIID(c.id())})
	if err != nil {
		return nil, err
	}
	return &change{
		Title: "Delete the API " + a.Name + "?", Text: "Its permissions go too, and whoever asks for one is denied.", Verb: "Delete", Danger: true,
		steps: steps{remove(a)}, then: c.Link("/apis"), said: "The API is deleted.",
	}, nil
}
