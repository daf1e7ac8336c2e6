package outbound

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// AuthorityName is the common name of the certificate authority.
const AuthorityName = "tyg on this machine"

// An authority is a certificate authority that lives as long as this process: its key is in memory
// only. It makes certificates for the names of one gateway.
type authority struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	allow func(name string) bool

	mu    sync.Mutex
	made  map[string]*tls.Certificate // by server name; "" for clients that send none
	hosts []string                    // addresses and names in each certificate
}

// validity bounds the life of a certificate; Apple's systems refuse more than 825 days. A process
// that runs longer needs a restart. (https://support.apple.com/en-us/103769)
const validity = 825 * 24 * time.Hour

// newAuthority returns an authority for hosts, which are in each certificate, and for the server
// names that allow allows.
func newAuthority(hosts []string, allow func(name string) bool) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make certificate authority: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(now.UnixNano()),
		Subject:               pkix.Name{CommonName: AuthorityName},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(validity),
		KeyUsage:              x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make certificate authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make certificate authority: %w", err)
	}
	return &authority{
		cert: cert, key: key, allow: allow, hosts: hosts, made: make(map[string]*tls.Certificate),
	}, nil
}

// pem returns the authority's own certificate as PEM.
func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

// config returns what a server speaks TLS with.
func (a *authority) config() *tls.Config {
	return &tls.Config{GetCertificate: a.certificate, NextProtos: []string{"http/1.1"}}
}

// certificate returns the certificate for the name that a client asks for.
func (a *authority) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := hello.ServerName
	if !a.allow(name) {
		name = "" // the client checks the hosts
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.made[name]; c != nil {
		return c, nil
	}
	c, err := a.issue(name)
	if err == nil {
		a.made[name] = c
	}
	return c, err
}

// issue makes a certificate for the hosts, and for a name that may be empty.
func (a *authority) issue(name string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "tyg"},
		NotBefore:    a.cert.NotBefore,
		NotAfter:     a.cert.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range a.hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	if name != "" {
		template.DNSNames = append(template.DNSNames, name)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}, nil
}
