package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// An authority is a certificate authority of a development server, and the
// certificate that it made for this machine. Its files stand in a folder of their
// own in the data folder. It can certify nothing but 127.0.0.1, ::1 and localhost,
// so a browser may trust it without trusting its key's keeper with anything else.
type authority struct {
	folder string
	now    func() time.Time

	mu   sync.Mutex
	leaf *tls.Certificate
}

// Lifetimes, and how long before its end something is made anew.
const (
	authorityLifetime   = 5 * 365 * 24 * time.Hour
	certificateLifetime = 90 * 24 * time.Hour
	renewBefore         = 30 * 24 * time.Hour
)

// Files of an authority.
const (
	authorityFolder = "tls"
	authorityFile   = "ca.pem"
	authorityKey    = "ca-key.pem"
	leafFile        = "localhost.pem"
	leafKey         = "localhost-key.pem"
)

var (
	loopback  = []net.IP{net.IPv4(127, 0, 0, 1).To4(), net.IPv6loopback}
	localhost = "localhost"
)

// newAuthority returns the authority in a data folder, making it if there is none.
func newAuthority(data string, now func() time.Time) (*authority, error) {
	a := &authority{folder: filepath.Join(data, authorityFolder), now: now}
	if err := os.MkdirAll(a.folder, 0o700); err != nil {
		return nil, err
	}
	_, err := a.certificate(nil)
	return a, err
}

// file returns the absolute path of what clients are to trust.
func (a *authority) file() string {
	file := filepath.Join(a.folder, authorityFile)
	if absolute, err := filepath.Abs(file); err == nil {
		return absolute
	}
	return file
}

// certificate returns the certificate for this machine, which is made anew
// before it ends. It is a tls.Config's GetCertificate.
func (a *authority) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.leaf != nil && a.lasts(a.leaf.Leaf) {
		return a.leaf, nil
	}
	ca, key, err := a.load(authorityFile, authorityKey)
	if err != nil {
		return nil, err
	}
	made := ca == nil || !a.lasts(ca)
	if made {
		if ca, key, err = a.makeAuthority(); err != nil {
			return nil, err
		}
	}
	leaf, leafSecret, err := a.load(leafFile, leafKey)
	if err != nil {
		return nil, err
	}
	if made || leaf == nil || !a.lasts(leaf) || leaf.CheckSignatureFrom(ca) != nil {
		if leaf, leafSecret, err = a.makeLeaf(ca, key); err != nil {
			return nil, err
		}
	}
	a.leaf = &tls.Certificate{Certificate: [][]byte{leaf.Raw, ca.Raw}, PrivateKey: leafSecret, Leaf: leaf}
	return a.leaf, nil
}

// lasts reports whether a certificate need not be made anew yet.
func (a *authority) lasts(c *x509.Certificate) bool {
	now := a.now()
	return !now.Before(c.NotBefore) && now.Add(renewBefore).Before(c.NotAfter)
}

func (a *authority) makeAuthority() (*x509.Certificate, *ecdsa.PrivateKey, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "Rolecall development authority", Organization: []string{"Rolecall"}},
		NotAfter:              a.now().Add(authorityLifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,

		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{localhost},
	}
	for _, ip := range loopback {
		template.PermittedIPRanges = append(template.PermittedIPRanges, &net.IPNet{IP: ip, Mask: net.CIDRMask(8*len(ip), 8*len(ip))})
	}
	return a.make(template, nil, nil, authorityFile, authorityKey)
}

func (a *authority) makeLeaf(ca *x509.Certificate, key *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	return a.make(&x509.Certificate{
		Subject:               pkix.Name{CommonName: localhost, Organization: []string{"Rolecall development"}},
		NotAfter:              a.now().Add(certificateLifetime),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:              []string{localhost},
		IPAddresses:           loopback,
	}, ca, key, leafFile, leafKey)
}

// make signs a certificate, by itself if ca is nil, and writes it and its key:
// the key first, so that no certificate stands beside another's.
func (a *authority) make(template, ca *x509.Certificate, by *ecdsa.PrivateKey, file, keyFile string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if ca == nil {
		ca, by = template, key
	}
	template.NotBefore = a.now().Add(-time.Hour) // clocks differ
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, key.Public(), by)
	if err != nil {
		return nil, nil, err
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	err = errors.Join(
		writeFile(filepath.Join(a.folder, keyFile), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600),
		writeFile(filepath.Join(a.folder, file), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644),
	)
	return made, key, err
}

// load reads a certificate and its key. It returns none if there is none, or if
// what is there is no pair: then both are made anew.
func (a *authority) load(file, keyFile string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(a.folder, file), filepath.Join(a.folder, keyFile))
	var unreadable *fs.PathError
	switch {
	case errors.As(err, &unreadable) && !errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("the development certificate: %w", err)
	case err != nil:
		return nil, nil, nil
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, nil
	}
	return pair.Leaf, key, nil
}

// writeFile puts data into a file, all of it or nothing.
func writeFile(file string, data []byte, mode fs.FileMode) error {
	beside, err := os.CreateTemp(filepath.Dir(file), ".new-*") // its mode is 0600
	if err != nil {
		return err
	}
	defer os.Remove(beside.Name())
	_, err = beside.Write(data)
	if err = errors.Join(err, beside.Chmod(mode), beside.Close()); err != nil {
		return err
	}
	return os.Rename(beside.Name(), file)
}
