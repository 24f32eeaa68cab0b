package console

import (
	"html/template"
	"io/fs"
)

// Edited has pages made of the folders pages and static as they are in files at each
// request, in place of those that are compiled in: for who works on them. What
// can't be read or parsed there is an error page, and in the log.
func Edited(files fs.FS) Option { return func(c *console) { c.edited = files } }

// template returns the template of a page, by its file's name under pages/ without
// .html.
func (h *console) template(name string) (*template.Template, error) {
	if h.edited == nil {
		return templates[name](), nil
	}
	t, err := parts(h.edited, h.asset)
	if err != nil {
		return nil, err
	}
	return t.ParseFS(h.edited, "pages/"+name+".html")
}

// asset returns a file that pages load.
func (h *console) asset(name string) (*asset, error) {
	if h.edited == nil {
		return compiled(name)
	}
	plain, err := fs.ReadFile(h.edited, "static/"+name)
	if err != nil {
		return nil, err
	}
	return newAsset(name, plain), nil
}
