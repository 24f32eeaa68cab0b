package console

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/rolecall/rolecall"
)

func TestALayoutHasEveryEdgeGoRightAndNoBoxOnAnother(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := newDiagram()
		var all []*node
		for i := range 2 + r.IntN(30) {
			all = append(all, d.add(fmt.Sprint(i), named{Label: strings.Repeat("x", r.IntN(40))}, "role"))
			for j := range i {
				if r.IntN(6) == 0 {
					d.connect(all[j], all[i])
				}
			}
		}
		d.layOut()
		for _, e := range d.Edges {
			if e.From.X+e.From.W >= e.To.X || e.D == "" {
				t.Fatalf("seed %d: an edge from %d to %d", seed, e.From.X+e.From.W, e.To.X)
			}
		}
		for i, a := range d.Nodes {
			if a.X < 0 || a.Y < 0 || a.X+a.W > d.Width || a.Y+a.H > d.Height {
				t.Fatalf("seed %d: a box at %d %d of %d %d", seed, a.X, a.Y, d.Width, d.Height)
			}
			for _, b := range d.Nodes[:i] {
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Fatalf("seed %d: one box is on another", seed)
				}
			}
		}
	}
}

// Two rows that are connected crosswise are put the other way round.
func TestALayoutUncrossesEdges(t *testing.T) {
	d := newDiagram()
	top := d.add("top", named{Label: "top"}, "")
	a, b := d.add("a", named{Label: "a"}, ""), d.add("b", named{Label: "b"}, "")
	x, y := d.add("x", named{Label: "x"}, ""), d.add("y", named{Label: "y"}, "")
	d.connect(top, a)
	d.connect(top, b)
	d.connect(a, y)
	d.connect(b, x)
	d.layOut()
	if (a.Y < b.Y) != (y.Y < x.Y) {
		t.Error("the edges cross")
	}
}

func TestGraphsShowTheWaysAndSayThemInWords(t *testing.T) {
	s := newStage(t)
	for _, tt := range []struct {
		name string
		as   rolecall.SubjectID
		url  string
		has  []string
		not  string
	}{
		{"somebody's", owner, asked("/graph", "subject", "ada", "permission", "post.publish"),
			[]string{`class="permission mark"`, `<path class="mark"`, `href="/console/roles/editor"`, `<b><bdi>Ada</bdi></b>`, "<mark><bdi>post.publish</bdi></mark>", "In words"}, "Acme Writer</text>"},
		{"somebody's in a tenant", admin, asked("/t/acme/graph", "subject", "ada"), []string{"Acme Writer", "Editor"}, "Globex</text>"},
		{"of somebody who holds nothing", owner, asked("/graph", "subject", "stranger"), []string{"Nothing is held here"}, "<svg"},
		{"of all roles", owner, "/graph", []string{">Chief</text>", ">Editor</text>"}, "Secret</text>"},
		{"around a role", owner, asked("/graph", "role", "Editor"), []string{`class="role mark"`, ">Chief</text>"}, "Secret</text>"},
		{"of nobody", owner, asked("/graph", "subject", "nobody"), []string{"does not exist here"}, "<svg"},
		{"with a wrong mark", owner, asked("/graph", "subject", "ada", "permission", "nothing"), []string{"does not exist here"}, "<svg"},
		{"hostile", owner, asked("/graph", "subject", hostileID, "permission", hostileID), []string{"<svg", "&lt;script&gt;"}, "<script>alert"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := mainOf(s.get(tt.as, tt.url).Body.String())
			for _, text := range tt.has {
				if !strings.Contains(page, text) {
					t.Errorf("the page lacks %q", text)
				}
			}
			if strings.Contains(page, tt.not) {
				t.Errorf("the page has %q", tt.not)
			}
			if t.Failed() {
				t.Log(page)
			}
		})
	}
}
