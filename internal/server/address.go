package server

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// addressed gives each request, as its RemoteAddr, the address that it comes from
// where proxies stand in front: failed sign-ins are counted by it, keys count from
// some, and logs name it. Only what a trusted proxy adds to X-Forwarded-For is
// believed, so nobody chooses an address by sending the header along.
func addressed(trusted []netip.Prefix, next http.Handler) http.Handler {
	if len(trusted) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = origin(trusted, r.RemoteAddr, r.Header.Values("X-Forwarded-For"))
		next.ServeHTTP(w, r)
	})
}

// origin returns the nearest address, beginning with the peer's and going through
// what proxies added from the last on, that is no trusted proxy's. What can't be
// read ends the way at the proxy that said it.
func origin(trusted []netip.Prefix, peer string, forwarded []string) string {
	at, err := netip.ParseAddrPort(peer)
	if err != nil {
		return peer
	}
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(hops) - 1; i >= 0 && isProxy(trusted, at.Addr()); i-- {
		hop := strings.TrimSpace(hops[i])
		next, err := netip.ParseAddrPort(hop)
		if err != nil {
			addr, err := netip.ParseAddr(strings.Trim(hop, "[]"))
			if err != nil {
				break
			}
			next = netip.AddrPortFrom(addr, 0)
		}
		at = next
	}
	return at.String()
}

func isProxy(trusted []netip.Prefix, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}
