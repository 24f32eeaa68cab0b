// Package migrate is what imports from other vendors' systems share: files of
// JSON on the one side, records on the other.
//
// What a file means is the vendor's door to say, which turns it into Items; the
// command line compares these with what is there, writes what is missing, and
// compares again. Package migrate has only the words that the two speak.
package migrate

import (
	"context"
	"fmt"

	"github.com/rolecall/rolecall"
)

// A File is one that is imported.
type File struct {
	Name string
	Data []byte
}

// A Place is where in the files something stands.
type Place struct {
	File  string `json:"file"`
	Line  int    `json:"line"` // from 1; 0 for the file as a whole
	Field string `json:"field,omitempty"`
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// A Problem is what is wrong at a place.
type Problem struct {
	Place
	Err error
}

// An Item is one thing of a vendor's, a role with its permissions or a user
// with all that it holds: it is imported as a whole or not at all.
type Item struct {
	Place
	What  string // "role", "user" …: for counts
	Name  string // for people
	Parts []Part // the first is the thing itself; each after what it refers to
}

// A Part is one record of an Item.
type Part struct {
	Field    string // of the file's, that it comes from
	Record   rolecall.Record
	Password *Password // in the place of Record
}

// A Password is a user's first password: a text or a hash of one.
type Password struct {
	Subject    rolecall.SubjectID
	Text, Hash string
	Names      []string // what everybody knows the user by, login ids among them
}

// An Export is what files hold, in an order in which it can be made.
type Export struct {
	Items    []*Item
	Problems []Problem // what can't be imported
	Notes    []string  // what is left out, and why
}

// A Lister lists a project's records.
type Lister interface {
	List(ctx context.Context, q rolecall.Query) (rolecall.Page, error)
}

// All returns every record that q selects.
func All[R rolecall.Record](ctx context.Context, from Lister, q rolecall.Query) (all []R, err error) {
	for q.Limit = rolecall.MaxPage; ; {
		page, err := from.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			all = append(all, r.(R))
		}
		if q.After = page.Next; q.After == "" {
			return all, nil
		}
	}
}
