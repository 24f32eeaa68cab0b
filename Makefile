# What a fresh machine needs: Go 1.26 and make. Tools are fetched by the exact
# versions below, as Go modules.

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.8.0
TESTS       := -vet=off -timeout=20m
# SQLite in Go is C that was translated, with a pointer's arithmetic in every line.
# That each stays in its object is not ours to look for, and takes half of the time
# under the race detector; races are looked for in it like everywhere.
RACE        := -race -gcflags=modernc.org/...=-d=checkptr=0
FUZZTIME    := 30s

# What tests build is not stamped: git refuses a tree that is somebody else's.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

.PHONY: test fetch modules screenshots check vulncheck fuzz bench bench-own bench-peers demo

# Everything that must hold before a change lands: the checks and all tests.
# The import table, the commands in the docs and the fuzz seeds are among them.
# SQLite in Go is ten times slower under the race detector, so it looks for
# races with -short, which leaves out the long loops and what has to be fetched.
# Each benchmark goes round once in a small world: the docs name them.
test: check
ifneq ($(shell command -v $(CC)),)
	go test $(RACE) -short $(TESTS) ./...
else
	@echo "no C compiler: SKIPPED the tests under the race detector"
endif
	go test $(TESTS) ./...
	go test -vet=off -tags=otlp -run=Spans ./internal/server
	ROLECALL_BENCH_USERS=1000 go test -vet=off -short -run='^$$' -bench=. -benchtime=1x ./...
	$(MAKE) modules

# What needs more than the product does is in modules of its own: a real browser
# on the console, OpenID clients, the frameworks of the examples, the comparison
# (of the other engines only the types of what they use of ours). Without Chromium the browser skips aloud, but not in CI.
# Each one runs, also after one that failed; those that failed are named at the end.
modules:
	@failed=; \
	for module in $(sort $(dir $(wildcard compat/*/go.mod examples/*/go.mod bench/go.mod))); do \
		echo "$$module: go vet, go test"; \
		(cd "$$module" && go vet ./... && go test -vet=off -timeout=10m ./...) || failed="$$failed $$module"; \
	done; \
	test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

# What the checks and tests need of Go modules, so that nothing that follows waits
# for the network in the middle.
fetch:
	go mod download
	go run $(STATICCHECK) -version
	go run $(GOVULNCHECK) -h >/dev/null 2>&1
	@for module in $(sort $(dir $(wildcard compat/*/go.mod compat/*/*/go.mod examples/*/go.mod bench/go.mod))); do \
		(cd "$$module" && go list -deps -test ./... >/dev/null) || exit 1; \
	done

# A picture of every page of the console, light and dark, wide and narrow, in the
# folder screenshots.
screenshots:
	cd compat/console && SCREENSHOTS=$(CURDIR)/screenshots go test -count=1 -run=TestScreenshots .

# What can be seen without running it.
check: vulncheck
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

# Known vulnerabilities in what we use. The database lives on the network: where
# it can't be reached, this says so and goes on. A finding fails.
vulncheck:
	@report=$$(go run $(GOVULNCHECK) ./... 2>&1) && echo "govulncheck: nothing found" || \
	case "$$report" in \
	*"govulncheck: fetching vulnerabilities:"*) echo "govulncheck: SKIPPED, its database can't be reached from here";; \
	*) echo "$$report"; exit 1;; \
	esac

# Every fuzz target for a while: make fuzz FUZZTIME=5m
fuzz:
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort -u | while IFS=: read -r file func; do \
		echo "$$file: $${func#func }"; \
		go test -run='^$$' -fuzz="^$${func#func }$$" -fuzztime=$(FUZZTIME) "$$(dirname "$$file")" || exit 1; \
	done

# The figures that the docs name: of our packages, and beside other engines.
bench: bench-own bench-peers

bench-own:
	go test -run='^$$' -bench=. -benchmem ./...

# The same workload through other engines, in one run, each in a process of its own:
# writes docs/benchmarks.md and docs/benchmarks.svg. The first time, the other
# engines compile for minutes. A million users take 8 GB of memory; without them:
# make bench-peers BENCH='-sizes small,medium'
bench-peers:
	cd bench && go run ./report $(BENCH)

# A server with users, roles and a guarded API, and a tour of them.
demo:
	go run ./cmd/rolecall demo
