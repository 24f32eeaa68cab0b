package identity

import (
	"encoding/json"
	"errors"
	"net/netip"
	"slices"

	"github.com/rolecall/rolecall"
)

// A key may count from some addresses only, whichever door it comes to. They stand
// in the credential's attributes, under "permitted_ips": addresses, or networks as
// in RFC 4632. None means from everywhere.

const permittedKey = "permitted_ips"

// PermittedIPs returns from where a key counts, as it was given.
func PermittedIPs(key *rolecall.Credential) (all []string, err error) {
	attributes := map[string]json.RawMessage{}
	if len(key.Attributes) > 0 {
		err = json.Unmarshal(key.Attributes, &attributes)
	}
	if own := attributes[permittedKey]; err == nil && len(own) > 0 {
		err = json.Unmarshal(own, &all)
	}
	return all, err
}

// SetPermittedIPs puts all in the place of what PermittedIPs returns.
func SetPermittedIPs(key *rolecall.Credential, all []string) error {
	if _, err := networks(all); err != nil {
		return err
	}
	attributes := map[string]json.RawMessage{}
	if len(key.Attributes) > 0 {
		if err := json.Unmarshal(key.Attributes, &attributes); err != nil {
			return errors.Join(err, rolecall.ErrCorrupt)
		}
	}
	delete(attributes, permittedKey)
	if len(all) > 0 {
		own, err := json.Marshal(all)
		if err != nil {
			return err
		}
		attributes[permittedKey] = own
	}
	text, err := json.Marshal(attributes)
	key.Attributes = text
	return err
}

// networks reads addresses and networks.
func networks(all []string) (some []netip.Prefix, err error) {
	for _, text := range all {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			one, err := netip.ParseAddr(text)
			if err != nil || one.Zone() != "" {
				return nil, refuse(permittedKey, "must be IP addresses or CIDR ranges")
			}
			one = one.Unmap()
			p = netip.PrefixFrom(one, one.BitLen())
		}
		some = append(some, p)
	}
	return some, nil
}

// A place is from where a key counts.
type place struct {
	anywhere bool
	networks []netip.Prefix
}

// placeOf returns from where a key counts: from nowhere, if that can't be read.
func placeOf(key *rolecall.Credential) place {
	all, err := PermittedIPs(key)
	if err != nil {
		return place{}
	}
	some, err := networks(all)
	return place{err == nil && len(some) == 0, some}
}

// permits reports whether a remote address, with or without a port, is there.
func (p place) permits(from string) bool {
	if p.anywhere {
		return true
	}
	addr, err := netip.ParseAddr(from)
	if err != nil {
		with, err := netip.ParseAddrPort(from)
		if err != nil {
			return false
		}
		addr = with.Addr()
	}
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(p.networks, func(n netip.Prefix) bool { return n.Contains(addr) })
}
