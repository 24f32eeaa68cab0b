package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rolecall/rolecall/bench/measure"
)

func TestThePageAndThePictureShowEveryResult(t *testing.T) {
	o := &outcome{Sizes: []string{"small", "medium"}, Limit: 60e9, Memory: 16e9, Took: 21 * time.Minute, Results: []*measure.Result{
		{Engine: "slow", Label: "Slow & <sure>", Version: "v1", Size: "small", Ratio: 29_123, CPU: 1_570_000, Allocs: 9935, Agreed: 2602},
		{Engine: "ours", Label: "Ours", Size: "small", Ratio: 1.52, CPU: 90},
		{Engine: "slow", Label: "Slow & <sure>", Version: "v1", Size: "medium", Missed: "not within 60 s"},
	}, HTTP: []measure.HTTP{
		{Label: "Ours, many", Ours: true, Questions: 100, CPU: 92_000, Ratio: 6.667},
		{Label: "Theirs", Questions: 1, CPU: 2_300, Ratio: 0.16},
	}}
	page, err := o.page()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"it took 21 minutes", "within 60 s, three", "16 GB of memory", "| Ours | 1.52 | 1.00 | 90 ns | 0 |", "| 29,000 | 19,000 | 1.57 ms | 9,935 |", "| Slow & <sure> | not within 60 s |", "| 92 µs | 6.67 | 920 ns | 1.00 |", "| 2.3 µs | 0.16 | 2.3 µs | 2.50 |",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if fast, slow := strings.Index(string(page), "| Ours |"), strings.Index(string(page), "| Slow"); fast > slow {
		t.Error("the slower engine comes first")
	}

	chart := string(o.chart())
	for d := xml.NewDecoder(strings.NewReader(chart)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the picture is not XML: %v\n%s", err, chart)
		}
	}
	for _, want := range []string{"Slow &amp; &lt;sure&gt;", ">29,000<", ">1.52<", "medium: not within 60 s"} {
		if !strings.Contains(chart, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
}
