package console

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// A diagram is a graph without cycles, laid out in layers from left to right:
// each node is further right than all that lead to it. It follows Sugiyama,
// Tagawa and Toda (1981): longest paths make the layers, an edge that crosses
// layers gets a joint in each, and barycentres put every layer in an order in
// which few edges cross.
type diagram struct {
	Nodes         []*node // as they were added, without joints
	Edges         []*arc
	Width, Height int // in pixels

	byKey map[string]*node
}

// A node is a box of a diagram.
type node struct {
	named
	Sort       string // what it is, above its name
	Text       string // the name, as much as fits
	X, Y, W, H int
	Mark       bool // it is on a way that is pointed out
	To         string

	key         string
	layer       int
	middle      float64 // where its neighbours are
	before, out []*node // with joints
	joint       bool
}

// An arc is an edge of a diagram, as an SVG path.
type arc struct {
	From, To *node
	D        string
	Mark     bool
}

// Sizes, in pixels.
const (
	nodeHeight  = 42
	nodePitch   = 54
	nodeMin     = 84
	nodeMax     = 210
	layerGap    = 64
	letterWidth = 7
	padding     = 12
)

func newDiagram() *diagram { return &diagram{byKey: map[string]*node{}} }

// add returns the node with a key, making it if it is new.
func (d *diagram) add(key string, n named, sort string) *node {
	if old := d.byKey[key]; old != nil {
		return old
	}
	made := &node{named: n, Sort: sort, key: key, H: nodeHeight}
	made.Text = n.Label
	if most := (nodeMax - 2*padding) / letterWidth; utf8.RuneCountInString(made.Text) > most {
		made.Text = string([]rune(made.Text)[:most-1]) + "…"
	}
	made.W = min(nodeMax, max(nodeMin, 2*padding+letterWidth*utf8.RuneCountInString(made.Text)))
	d.byKey[key] = made
	d.Nodes = append(d.Nodes, made)
	return made
}

// connect adds an edge, once.
func (d *diagram) connect(from, to *node) *arc {
	for _, e := range d.Edges {
		if e.From == from && e.To == to {
			return e
		}
	}
	e := &arc{From: from, To: to}
	d.Edges = append(d.Edges, e)
	return e
}

// layOut puts every node in its place and draws the edges.
func (d *diagram) layOut() {
	layers := d.layers()
	routes := d.joints(&layers)
	for sweep := range 8 {
		order(layers, sweep%2 == 0)
	}
	d.place(layers)
	for e, route := range routes {
		d.Edges[e].draw(route)
	}
}

// layers puts nodes as far left as all that lead to them allow.
func (d *diagram) layers() [][]*node {
	next := map[*node][]*node{}
	waits := map[*node]int{}
	for _, e := range d.Edges {
		next[e.From] = append(next[e.From], e.To)
		waits[e.To]++
	}
	var ready []*node
	for _, n := range d.Nodes {
		if waits[n] == 0 {
			ready = append(ready, n)
		}
	}
	var layers [][]*node
	for i := 0; i < len(ready); i++ {
		n := ready[i]
		for len(layers) <= n.layer {
			layers = append(layers, nil)
		}
		layers[n.layer] = append(layers[n.layer], n)
		for _, to := range next[n] {
			to.layer = max(to.layer, n.layer+1)
			if waits[to]--; waits[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	return layers
}

// joints puts a joint into each layer that an edge crosses. It returns the
// nodes on every edge.
func (d *diagram) joints(layers *[][]*node) [][]*node {
	routes := make([][]*node, len(d.Edges))
	for i, e := range d.Edges {
		route := []*node{e.From}
		for l := e.From.layer + 1; l < e.To.layer; l++ {
			joint := &node{layer: l, joint: true}
			(*layers)[l] = append((*layers)[l], joint)
			route = append(route, joint)
		}
		route = append(route, e.To)
		for j := 1; j < len(route); j++ {
			route[j-1].out = append(route[j-1].out, route[j])
			route[j].before = append(route[j].before, route[j-1])
		}
		routes[i] = route
	}
	return routes
}

// order puts each layer in the order of the barycentres of its neighbours: of
// those on the left while it sweeps right, else of those on the right.
func order(layers [][]*node, right bool) {
	for i := range layers {
		if !right {
			i = len(layers) - 1 - i
		}
		for at, n := range layers[i] {
			near := n.before
			if !right {
				near = n.out
			}
			n.middle = float64(at)
			if len(near) == 0 {
				continue
			}
			n.middle = 0
			for _, other := range near {
				n.middle += float64(other.Y) / float64(len(near))
			}
		}
		slices.SortStableFunc(layers[i], func(a, b *node) int { return cmp.Compare(a.middle, b.middle) })
		for at, n := range layers[i] { // until they are placed, Y is the place in the layer
			n.Y = at
		}
	}
}

// place gives nodes their coordinates: layers side by side, each in the middle
// of the height.
func (d *diagram) place(layers [][]*node) {
	tallest := 0
	for _, l := range layers {
		tallest = max(tallest, len(l))
	}
	d.Height = tallest*nodePitch + 2*padding
	x := padding
	for _, l := range layers {
		wide := 0
		for _, n := range l {
			wide = max(wide, n.W)
		}
		top := (d.Height - len(l)*nodePitch) / 2
		for at, n := range l {
			n.X, n.Y = x, top+at*nodePitch+(nodePitch-nodeHeight)/2
			if n.joint {
				n.W, n.H = wide, nodeHeight
			} else {
				n.W = wide
			}
		}
		x += wide + layerGap
	}
	d.Width = x - layerGap + padding
}
