package migrate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// A Node is a JSON value, and the line that it begins on.
type Node struct {
	Name string // of a member of an object
	Line int
	Raw  json.RawMessage
}

// Documents returns the JSON values that a file holds one after another, and
// the line of what is not JSON.
func Documents(data []byte) (nodes []Node, line int, err error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	d := json.NewDecoder(bytes.NewReader(data))
	w := walk{data: data, line: 1}
	for {
		node, err := w.next(d, "")
		if err == io.EOF {
			return nodes, 0, nil
		}
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			w.to(int(syntax.Offset) - 1)
			return nodes, w.line, errors.New("it is not JSON: " + syntax.Error())
		}
		if err != nil {
			w.to(len(data))
			return nodes, w.line, errors.New("it is not JSON: it ends too early")
		}
		nodes = append(nodes, node)
	}
}

// Is reports whether n is an object, by '{', or an array, by '['.
func (n Node) Is(delim byte) bool { return len(n.Raw) > 0 && n.Raw[0] == delim }

// Parts returns the elements of an array or the members of an object, in their
// order; nothing of any other value.
func (n Node) Parts() (parts []Node) {
	if !n.Is('[') && !n.Is('{') {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(n.Raw))
	d.Token() // the delimiter
	w := walk{data: n.Raw, line: n.Line}
	for d.More() {
		name := ""
		if n.Is('{') {
			token, _ := d.Token() // n is known to be JSON
			name, _ = token.(string)
		}
		part, err := w.next(d, name)
		if err != nil {
			return parts
		}
		parts = append(parts, part)
	}
	return parts
}

// A walk counts the lines of a text.
type walk struct {
	data     []byte
	at, line int
}

func (w *walk) to(at int) {
	at = min(max(at, w.at), len(w.data))
	w.line += bytes.Count(w.data[w.at:at], []byte("\n"))
	w.at = at
}

func (w *walk) next(d *json.Decoder, name string) (Node, error) {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return Node{}, err
	}
	w.to(int(d.InputOffset()) - len(raw))
	return Node{name, w.line, raw}, nil
}
