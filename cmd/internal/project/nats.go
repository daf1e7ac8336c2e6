package project

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/natsnodes"
)

// CheckNATS checks a value of the key "nats". The URL may have a password, so the error does not
// repeat it.
func CheckNATS(text string) error {
	if text == "" || text == EmbeddedNATS {
		return nil
	}
	for server := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(server))
		if err != nil || u.Hostname() == "" ||
			!slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return errors.New(
				`use "embedded", or the URL of a server, such as tls://nats.example.com:4222`)
		}
	}
	return nil
}

// Embeds reports whether the gateway runs a NATS server that is one of a fixed cluster.
func (s ServerConfig) Embeds() bool { return s.NATS == EmbeddedNATS && len(s.Cluster.Nodes) > 0 }

// checkCluster reports the first invalid combination of keys of the cluster.
func (s ServerConfig) checkCluster() error {
	c := s.Cluster
	if len(c.Nodes) > 0 {
		if err := natsnodes.CheckNodes(natsnodes.Addresses(c.Nodes)); err != nil {
			return keyError("cluster.nodes", err)
		}
	}
	if some := c.CertFile + c.KeyFile + c.CAFile; some != "" &&
		(c.CertFile == "" || c.KeyFile == "" || c.CAFile == "") {
		return keyError("cluster",
			errors.New(`TLS between nodes needs "cert_file", "key_file" and "ca_file"`))
	}
	for _, pair := range []struct{ key, env, file string }{
		{"id_key", c.IDKeyEnv, c.IDKeyFile}, {"password", c.PasswordEnv, c.PasswordFile},
	} {
		if pair.env != "" && pair.file != "" {
			return keyError("cluster",
				fmt.Errorf(`it has "%[1]s_env" or "%[1]s_file", not both`, pair.key))
		}
	}
	return nil
}
