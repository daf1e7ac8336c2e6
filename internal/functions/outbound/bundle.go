package outbound

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// systemRoots are the files in which systems keep the certificate authorities that they trust, as
// Go looks for them. (https://go.dev/src/crypto/x509/root_linux.go)
var systemRoots = [...]string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu
	"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, Amazon Linux
	"/etc/ssl/ca-bundle.pem",                            // openSUSE
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL
	"/etc/ssl/cert.pem",                                 // Alpine, macOS
}

// Each of these variables names a file with all the authorities that a program trusts: SDKs of AWS,
// OpenSSL and Go, Python's requests, curl.
var bundleVariables = [...]string{
	"AWS_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
}

// nodeVariable names a file with authorities that Node.js trusts beside its own.
// (https://nodejs.org/api/cli.html#node_extra_ca_certsfile)
const nodeVariable = "NODE_EXTRA_CA_CERTS"

// writeBundles writes files that have the authority of this process beside what programs trust
// already, and returns the variables that name them. Where the system keeps no such file, only
// Node.js trusts the authority: a bundle without the others would break all other calls.
func writeBundles(dir string, own []byte, environ []string) ([]string, error) {
	node, err := os.ReadFile(lookup(environ, nodeVariable)) // an empty name does not exist
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", nodeVariable, err)
	}
	name := filepath.Join(dir, "node.pem")
	if err := os.WriteFile(name, join(node, own), 0o600); err != nil {
		return nil, fmt.Errorf("write certificates: %w", err)
	}
	vars := []string{nodeVariable + "=" + name}
	roots, err := findRoots()
	if err != nil {
		return nil, err
	}
	for _, variable := range bundleVariables {
		trusted := roots
		if file := lookup(environ, variable); file != "" {
			trusted, err = os.ReadFile(file)
			if err != nil && !errors.Is(err, fs.ErrNotExist) { // programs say themselves what is missing
				return nil, fmt.Errorf("read %s: %w", variable, err)
			}
		}
		if trusted == nil {
			continue
		}
		name := filepath.Join(dir, variable+".pem")
		if err := os.WriteFile(name, join(trusted, own), 0o600); err != nil {
			return nil, fmt.Errorf("write certificates: %w", err)
		}
		vars = append(vars, variable+"="+name)
	}
	if roots == nil {
		return vars, nil
	}
	return trustElsewhere(dir, join(roots, own), environ, vars)
}

// trustElsewhere adds the variables for languages that look for authorities in places of their own.
func trustElsewhere(dir string, bundle []byte, environ, vars []string) ([]string, error) {
	name := filepath.Join(dir, "roots.pem")
	if err := os.WriteFile(name, bundle, 0o600); err != nil {
		return nil, fmt.Errorf("write certificates: %w", err)
	}
	php, err := trustPHP(dir, name, environ)
	if err != nil {
		return nil, err
	}
	java, err := trustJava(dir, bundle, environ)
	return slices.Concat(vars, php, java), err
}

func findRoots() ([]byte, error) {
	for _, name := range systemRoots {
		roots, err := os.ReadFile(name)
		if err == nil {
			return roots, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read the certificate authorities of the system: %w", err)
		}
	}
	return nil, nil
}

// join joins two files of PEM, whose last line may lack its end.
func join(a, b []byte) []byte {
	if len(a) > 0 && !bytes.HasSuffix(a, []byte("\n")) {
		a = append(a, '\n')
	}
	return append(a, b...)
}
