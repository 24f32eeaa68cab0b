package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"

	"github.com/rolecall/rolecall/bench/measure"
)

// The picture's measures, in pixels.
const (
	chartWidth = 860
	labelWidth = 200
	valueWidth = 80 // at the right, for the longest bar's figure
	barHeight  = 13
	barGap     = 3
	groupGap   = 14
	headHeight = 64
)

const chartStyle = `
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 15px; }
.soft { fill: #59636e; font-size: 12px; }
.grid { stroke: #d1d9e0; }
.floor { stroke: #1f2328; stroke-width: 1.5; }
.s0 { fill: #9ec5fe; } .s1 { fill: #3d7dd8; } .s2 { fill: #173f7a; }
.ours .s0 { fill: #a3dbb3; } .ours .s1 { fill: #2f9e5b; } .ours .s2 { fill: #145c33; }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc; } .soft { fill: #9198a1; } .grid { stroke: #3d444d; } .floor { stroke: #f0f6fc; }
.s0 { fill: #1f4b87; } .s1 { fill: #4c8ee6; } .s2 { fill: #b4d3ff; }
.ours .s0 { fill: #1c5c37; } .ours .s1 { fill: #39b36b; } .ours .s2 { fill: #b3ecc7; }
}`

// chart is docs/benchmarks.svg: a bar for each engine and size, on a logarithmic
// scale that begins at the floor.
func (o *outcome) chart() []byte {
	rows := o.rows()
	most := 10.0
	for _, r := range o.Results {
		most = max(most, r.Ratio)
	}
	decades := int(math.Ceil(math.Log10(most)))
	plot := float64(chartWidth - labelWidth - valueWidth)
	x := func(ratio float64) float64 {
		return labelWidth + plot*math.Log10(max(ratio, 1))/float64(decades)
	}
	height := headHeight
	for _, row := range rows {
		height += len(row)*(barHeight+barGap) + groupGap
	}

	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img">`+"\n", chartWidth, height+24)
	fmt.Fprintf(&out, "<title>CPU time for a decision, in multiples of the floor</title>\n<style>%s\n</style>\n", chartStyle)
	fmt.Fprintf(&out, `<text class="title" x="0" y="18">CPU time for a decision, × the floor (1 is the least possible; each line is 10 times more)</text>`+"\n")
	at := float64(labelWidth)
	for i, size := range o.Sizes {
		fmt.Fprintf(&out, `<rect class="s%d" x="%.0f" y="32" width="12" height="12"/><g class="ours"><rect class="s%d" x="%.0f" y="32" width="12" height="12"/></g><text class="soft" x="%.0f" y="42">%s</text>`+"\n",
			i%3, at, i%3, at+14, at+32, html.EscapeString(size))
		at += 110
	}
	for d := range decades + 1 {
		class := "grid"
		if d == 0 {
			class = "floor"
		}
		at := x(math.Pow(10, float64(d)))
		fmt.Fprintf(&out, `<line class="%s" x1="%.1f" x2="%[2]f" y1="%d" y2="%d"/>`+"\n", class, at, headHeight-8, height)
		fmt.Fprintf(&out, `<text class="soft" x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", at, height+16, count(int(math.Pow(10, float64(d)))))
	}
	y := headHeight
	for _, row := range rows {
		class := ""
		if row[0].Version == "" {
			class = ` class="ours"`
		}
		middle := y + len(row)*(barHeight+barGap)/2 + 3
		fmt.Fprintf(&out, `<g%s><text x="0" y="%d">%s</text>`+"\n", class, middle, html.EscapeString(row[0].Label))
		for _, r := range row {
			if r.Missed != "" {
				fmt.Fprintf(&out, `<text class="soft" x="%d" y="%d">%s: %s</text>`+"\n", labelWidth+6, y+barHeight-2, r.Size, r.Missed)
			} else {
				end := max(x(r.Ratio), labelWidth+2)
				fmt.Fprintf(&out, `<rect class="s%d" x="%d" y="%d" width="%.1f" height="%d" rx="2"/><text class="soft" x="%.1f" y="%d">%s</text>`+"\n",
					slices.Index(o.Sizes, r.Size)%3, labelWidth, y, end-labelWidth, barHeight, end+5, y+barHeight-2, times(r.Ratio))
			}
			y += barHeight + barGap
		}
		out.WriteString("</g>\n")
		y += groupGap
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// rows are the results of each engine, the quickest engine first by what it
// takes at the smallest size that it was measured at.
func (o *outcome) rows() (rows [][]*measure.Result) {
	of := map[string]int{}
	for _, size := range o.Sizes {
		for _, r := range o.Of(size) {
			if isFloor(r) {
				continue
			}
			i, ok := of[r.Engine]
			if !ok {
				i = len(rows)
				of[r.Engine] = i
				rows = append(rows, nil)
			}
			rows[i] = append(rows[i], r)
		}
	}
	return rows
}
