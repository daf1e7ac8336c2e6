package project

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/value"
	"github.com/tyg-dev/tyg/gateway"
)

// A ServerConfig has the settings of a server on machines of one's own: of "tyg gateway", and of
// "tyg local" where it has use for them.
type ServerConfig struct {
	Addr string `json:"addr" allow:"addr"`

	// App is the function that is the Go program of the project, which describes its own routes.
	// "tyg local" and "tyg deploy" build it, and "tyg gateway" runs its Command.
	App string `json:"app"`

	APIID          string   `json:"api_id"`
	DomainName     string   `json:"domain_name"` // in events of functions
	Hosts          []string `json:"hosts"`       // by which clients may call
	FunctionsTLS   *bool    `json:"functions_tls"`
	TrustedProxies []string `json:"trusted_proxies"`
	Keys           []Key    `json:"connections_keys"`
	Region         string   `json:"region"`
	AccountID      string   `json:"account_id"`

	// GatewayProfile is where Limits and Extensions begin: see gateway.NewProfile.
	GatewayProfile string     `json:"gateway_profile" allow:"aws|server"`
	Limits         Limits     `json:"limits"`
	Extensions     Extensions `json:"extensions"`
	NoCompression  *bool      `json:"no_compression"`

	TLS        *TLS   `json:"tls"`
	Admin      Admin  `json:"admin"`
	InvokeAddr string `json:"invoke_addr" allow:"addr"`
	Log        Log    `json:"log"`

	// NATS is "embedded", or the URL of a server, for functions that share state there.
	NATS    string  `json:"nats"`
	Cluster Cluster `json:"cluster"`

	// Disconnects says whether the disconnects of a gateway that is killed are told later: by the
	// other nodes of its cluster, or without one by itself at its next start, from a file.
	Disconnects     string `json:"disconnects" allow:"best-effort|at-least-once"`
	DisconnectsFile string `json:"disconnects_file"`

	Drain       *value.Duration `json:"drain" allow:"0s..24h"`
	DrainDelay  *value.Duration `json:"drain_delay" allow:"0s..24h"`
	DrainWindow *value.Duration `json:"drain_window" allow:"-1s..24h"`
}

// EmbeddedNATS is the value of NATS for a server that the command starts.
const EmbeddedNATS = "embedded"

// A Cluster has the settings of gateways that are one at a NATS server, or that are it.
type Cluster struct {
	Name            string `json:"name" allow:"stage"`
	Node            string `json:"node"` // of Nodes, if there are any
	Shards          int    `json:"shards" allow:"0..65536"`
	Replicas        int    `json:"replicas" allow:"0..5"`
	CredentialsFile string `json:"credentials_file"`
	Insecure        *bool  `json:"insecure"`

	IDKeyEnv  string `json:"id_key_env"`
	IDKeyFile string `json:"id_key_file"`

	// Nodes are the addresses of the NATS servers that the gateways embed.
	Nodes        []string `json:"nodes"`
	Listen       string   `json:"listen" allow:"addr"`
	Dir          string   `json:"dir"`
	CertFile     string   `json:"cert_file"`
	KeyFile      string   `json:"key_file"`
	CAFile       string   `json:"ca_file"`
	PasswordEnv  string   `json:"password_env"`
	PasswordFile string   `json:"password_file"`
}

// A Key signs calls of @connections. Its secret is in the environment or in a file, so that the
// configuration need not be secret.
type Key struct {
	ID         string `json:"access_key_id"`
	SecretEnv  string `json:"secret_env"`
	SecretFile string `json:"secret_file"`
}

// Limits has the fields of gateway.Limits; 0 means that of the profile, and a negative value no
// limit.
type Limits struct {
	Frame           int            `json:"frame" allow:"-1..1073741824"`
	Message         int            `json:"message" allow:"-1..1073741824"`
	Fragments       int            `json:"fragments" allow:"-1..1073741824"`
	URL             int            `json:"url" allow:"-1..1073741824"`
	Idle            value.Duration `json:"idle" allow:"-1s..8760h"`
	Life            value.Duration `json:"life" allow:"-1s..8760h"`
	Integration     value.Duration `json:"integration" allow:"-1s..8760h"`
	Handshake       value.Duration `json:"handshake" allow:"-1s..8760h"`
	Queue           int            `json:"queue" allow:"-1..1073741824"`
	Memory          int            `json:"memory" allow:"-1..1099511627776"`
	Write           value.Duration `json:"write" allow:"-1s..8760h"`
	Read            value.Duration `json:"read" allow:"-1s..8760h"`
	Close           value.Duration `json:"close" allow:"-1s..8760h"`
	Conns           int            `json:"connections" allow:"-1..1073741824"`
	ConnsPerAddress int            `json:"connections_per_address" allow:"-1..1073741824"`
	ConnectRate     int            `json:"connect_rate" allow:"-1..1073741824"`
	TLSHandshakes   int            `json:"tls_handshakes" allow:"-1..1073741824"`
}

// Extensions has the fields of gateway.Extensions; those that are nil are as in the profile.
type Extensions struct {
	Binary      *bool           `json:"binary"`
	CloseCodes  *bool           `json:"close_codes"`
	Ping        *value.Duration `json:"ping" allow:"0s..8760h"`
	Concurrency *int            `json:"concurrency" allow:"1..100000"`
}

// A TLS names the source of certificates: files, or an ACME server.
type TLS struct {
	CertFile string `json:"cert_file"`
	KeyFile  string `json:"key_file"`
	ACME     *ACME  `json:"acme"`
}

// An ACME configures certificates from an ACME server (RFC 8555), by default Let's Encrypt. To
// configure it accepts the terms of the server.
type ACME struct {
	Hosts     []string `json:"hosts"`
	CacheDir  string   `json:"cache_dir"`
	Email     string   `json:"email"`
	Directory string   `json:"directory_url" allow:"url"`
}

// Admin is the listener for operators. It has the inspector if there is a token for it, which is in
// the environment or in a file.
type Admin struct {
	Addr             string `json:"addr" allow:"addr"`
	Off              *bool  `json:"off"`
	InspectTokenEnv  string `json:"inspect_token_env"`
	InspectTokenFile string `json:"inspect_token_file"`
}

// Log has the format of the log and its level.
type Log struct {
	Format string `json:"format" allow:"text|json"`
	Level  string `json:"level" allow:"debug|info|warn|error"`
}

// check reports the first invalid value or combination, with its key.
func (s ServerConfig) check() error {
	switch t := s.TLS; {
	case t == nil:
	case t.ACME != nil && t.CertFile != "":
		return keyError("tls", errors.New(`it has "cert_file" or "acme", not both`))
	case t.ACME == nil && (t.CertFile == "" || t.KeyFile == ""):
		return keyError("tls", errors.New(`it needs "cert_file" and "key_file", or "acme"`))
	case t.ACME != nil && len(t.ACME.Hosts) == 0:
		return keyError("tls.acme",
			errors.New(`it needs "hosts": certificates are requested for these only`))
	}
	switch {
	case s.DomainName != "" && On(s.FunctionsTLS):
		return keyError("functions_tls",
			errors.New(`it sets the domain name in events; leave out "domain_name"`))
	case strings.ContainsAny(s.DomainName, "/?#%@ "):
		return keyError("domain_name",
			fmt.Errorf("%q is no host name, such as chat.example.com", s.DomainName))
	}
	if err := gateway.CheckHosts(s.Hosts); err != nil {
		return keyError("hosts", err)
	}
	if err := CheckNATS(s.NATS); err != nil {
		return keyError("nats", err)
	}
	return s.checkCluster()
}

// ProfileFrom returns the limits and extensions of a profile, changed by single keys. An empty name
// is that of the configuration.
func (s ServerConfig) ProfileFrom(name string) (gateway.Profile, error) {
	if name == "" {
		name = s.GatewayProfile
	}
	p, err := gateway.NewProfile(name)
	if err != nil {
		return p, err
	}
	change(&p.Limits, s.Limits)
	change(&p.Extensions, s.Extensions)
	if s.NoCompression != nil {
		p.NoCompression = *s.NoCompression
	}
	return p, nil
}

// CheckGateway reports a stage that has nothing for "tyg gateway" to serve.
func (s StageConfig) CheckGateway() error {
	if s.App != "" || len(s.Routes) > 0 {
		return nil
	}
	return errors.New(`it has neither "routes" nor an "app" that describes its own; for a Go ` +
		`program, run "go build -o bootstrap ." and add "app": "main", "lambda_functions": ` +
		`{"main": {"command": ["./bootstrap"]}}`)
}

// On reports whether a switch is there and on.
func On(b *bool) bool { return b != nil && *b }
