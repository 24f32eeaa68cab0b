package server

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
)

// Whoever stands before a server may see other requests in the same bytes. What is
// ambiguous is refused, or is the last that its connection says.
func TestAnAmbiguousRequestIsTheLastOfItsConnection(t *testing.T) {
	s := start(t, Config{})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	const next = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	post := func(headers, body string) string {
		return "POST /api/v1/check HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers + "\r\n" + body
	}
	for _, tt := range []struct{ name, request, status string }{
		{"a length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "401"},
		{"chunks and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), "401"},
		{"chunks", post("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), "401"},
		{"two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), "400"},
		{"a length with a sign", post("Content-Length: +2\r\n", "{}"), "400"},
		{"an unknown encoding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "501"},
		{"an encoding before chunks", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "501"},
		{"a blank in a name", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), "400"},
		{"two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", "400"},
		{"a header that is too long", "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 100<<10) + "\r\n\r\n", "431"},
		{"HTTP/2 in the clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := net.Dial("tcp", s.listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			go c.Write([]byte(tt.request + next)) // what is not read any more fails
			got, _ := io.ReadAll(c)               // until the server hangs up, which may reset what was sent after
			if text := string(got); !strings.HasPrefix(text, "HTTP/1.1 "+tt.status+" ") || strings.Count(text, "HTTP/1.1 ") != 1 {
				t.Errorf("the answer is\n%s\nwant %s, and nothing after it", text, tt.status)
			}
		})
	}
}

// An upgrade that the server does not know is left out of account (RFC 9110 section 7.8).
func TestAnUpgradeIsLeftOutOfAccount(t *testing.T) {
	s := start(t, Config{})
	got := ask(s, "GET", "/healthz", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	if got.StatusCode != 200 || got.Header.Get("Upgrade") != "" {
		t.Errorf("an upgrade of /healthz = %d %v, want 200", got.StatusCode, got.Header)
	}
}
