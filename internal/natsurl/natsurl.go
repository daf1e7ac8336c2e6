// Package natsurl judges the URLs of NATS servers before something connects to them. It compiles no
// NATS.
package natsurl

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg/internal/hosts"
)

// An Access is how a client connects to its servers, beside their URLs.
type Access struct {
	TLS             *tls.Config // nil for what the URL says
	CredentialsFile string

	// Insecure allows unencrypted connections without a credential to other machines.
	Insecure bool
}

// Check refuses unencrypted connections to other machines, and those without a credential. The list
// is separated by commas, as NATS has it. The errors omit the URLs, which may contain a password.
func (a Access) Check(list string) error {
	if list == "" {
		return errors.New("neither URL nor Conn is set")
	}
	for server := range strings.SplitSeq(list, ",") {
		if err := a.checkServer(strings.TrimSpace(server)); err != nil {
			return err
		}
	}
	return nil
}

func (a Access) checkServer(server string) error {
	u, err := Parse(server)
	if err != nil {
		return err
	}
	if a.Insecure || hosts.IsLoopback(u.Hostname()) {
		return nil
	}
	if a.TLS == nil && u.Scheme != "tls" && u.Scheme != "wss" {
		return fmt.Errorf("NATS on %s: use tls:// for another machine, or Insecure (TYG_NATS_INSECURE=1)", u.Host)
	}
	certified := a.TLS != nil && (len(a.TLS.Certificates) > 0 || a.TLS.GetClientCertificate != nil)
	if u.User == nil && a.CredentialsFile == "" && !certified {
		return fmt.Errorf("NATS on %s: no credential, neither in the URL nor in a file", u.Host)
	}
	return nil
}

// Parse reads the URL of a server, such as nats://host:4222 or host. Its error omits the URL.
func Parse(server string) (*url.URL, error) {
	if !strings.Contains(server, "://") {
		server = "nats://" + server
	}
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("the URL of the NATS server is not like nats://host:4222")
	}
	return u, nil
}
