// Package outbound leads the calls by which functions reach the @connections API of their own
// gateway to this gateway. Functions build the address from the event, in two forms:
//
//	https://{domainName}/{stage}
//	https://{apiId}.execute-api.{region}.amazonaws.com/{stage}
//
// Both are https, so the gateway must speak TLS with [Outbound.TLS], whose certificates the
// variables of [Outbound.Environ] make functions trust. The second form names a host on the
// internet: HTTPS_PROXY leads to a proxy that passes these calls to the gateway and all others to
// where they would have gone. Node.js and Ruby ignore that variable, and get a module that does the
// same.
package outbound

import (
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A Config says whose calls are led where.
type Config struct {
	// Gateway is the address, HOST:PORT, at which the gateway answers TLS.
	Gateway string

	// APIID is the id of the API in events.
	APIID string

	// DynamoDB leads the calls of DynamoDB to the gateway, too.
	DynamoDB bool

	// Elsewhere, if it is not nil, is called with a text when a function first calls another API of
	// API Gateway: it may have the id of the deployed one in its code. Functions in Node.js print the
	// text themselves.
	Elsewhere func(text string)

	// Dir is a directory for files that the functions read. It must exist until Close.
	Dir string

	// Environ is the environment of the functions. What it says about certificate authorities,
	// proxies and Node.js stays in force.
	Environ []string
}

// An Outbound serves the proxy, until Close. A nil Outbound leads no calls.
type Outbound struct {
	gateway   string
	isAPI     func(host string) bool
	authority *authority
	proxy     *proxy // nil: there is a proxy of a kind that proxy cannot use
	environ   []string
}

// Open writes the files and starts the proxy.
func Open(cfg Config) (*Outbound, error) {
	host, _, err := net.SplitHostPort(cfg.Gateway)
	if err != nil {
		return nil, fmt.Errorf("address of the gateway: %w", err)
	}
	api, err := regexp.Compile(cfg.names())
	if err != nil {
		return nil, fmt.Errorf("id of the API: %w", err)
	}
	if cfg.Dir == "" {
		return nil, errors.New("there is no directory for the certificates")
	}
	o := &Outbound{gateway: cfg.Gateway, isAPI: api.MatchString}
	hosts := []string{"127.0.0.1", "::1", "localhost", host}
	if o.authority, err = newAuthority(hosts, api.MatchString); err != nil {
		return nil, err
	}
	if o.environ, err = writeBundles(cfg.Dir, o.authority.pem(), cfg.Environ); err != nil {
		return nil, err
	}
	if err := o.preload(cfg); err != nil {
		return nil, err
	}
	return o, o.startProxy(cfg, api)
}

// names returns a pattern, for Go and JavaScript, of the names that lead to the gateway.
// (https://docs.aws.amazon.com/general/latest/gr/ddb.html)
func (c Config) names() string {
	services := regexp.QuoteMeta(c.APIID) + `\.execute-api`
	if c.DynamoDB {
		services += `|dynamodb|[0-9]{12}\.ddb`
	}
	return `^(` + services + `)\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws)$`
}

// elsewhere matches the names of all APIs of API Gateway.
const elsewhere = `^([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|api\.aws)$`

// elsewhereText says of the API with an id how calls of it are led to the gateway.
func elsewhereText(id string) string {
	return "a function calls API " + id + " on AWS; if that is this application, deployed, write " +
		`"api_id": "` + id + `" into .tyg/config.json (tyg local --print-config makes one of a template)`
}

var (
	//go:embed preload.cjs
	preloadNode string
	//go:embed preload.rb
	preloadRuby string
)

// preload writes the modules for Node.js and Ruby.
func (o *Outbound) preload(cfg Config) error {
	host, port, _ := net.SplitHostPort(cfg.Gateway) // Open has checked it
	fill := strings.NewReplacer("NAMES", cfg.names(), "HOST", host, "PORT", port,
		"ELSEWHERE", elsewhere, "TEXT", elsewhereText("ID"))
	write := func(name, source string) (string, error) {
		path := filepath.Join(cfg.Dir, name)
		err := os.WriteFile(path, []byte(fill.Replace(source)), 0o600)
		if err != nil {
			err = fmt.Errorf("write module for functions: %w", err)
		}
		return path, err
	}
	name, err := write("preload.cjs", preloadNode)
	if err != nil {
		return err
	}
	// The name is in quotes, in which a backslash is an escape.
	// (https://nodejs.org/api/cli.html#node_optionsoptions)
	o.extend(cfg, "NODE_OPTIONS", `--require "`+strings.ReplaceAll(name, `\`, `\\`)+`"`)
	if name, err = write("preload.rb", preloadRuby); err != nil {
		return err
	}
	if !strings.ContainsAny(name, " \t") { // RUBYOPT has no quotes
		o.extend(cfg, "RUBYOPT", "-r"+name)
	}
	return nil
}

// extend adds an option to those that a variable has in the environment of the functions.
func (o *Outbound) extend(cfg Config, variable, option string) {
	o.environ = append(o.environ,
		variable+"="+strings.TrimSpace(lookup(cfg.Environ, variable)+" "+option))
}

// startProxy starts the proxy, unless the functions have one that it cannot pass calls on to.
func (o *Outbound) startProxy(cfg Config, api *regexp.Regexp) error {
	upstream := lookup(cfg.Environ, "HTTPS_PROXY")
	if upstream == "" {
		upstream = lookup(cfg.Environ, "https_proxy")
	}
	if u, err := url.Parse(upstream); upstream != "" && strings.Contains(upstream, "://") &&
		(err != nil || u.Scheme != "http" && u.Scheme != "https") {
		return nil
	}
	p, err := newProxy(cfg.Gateway, api.MatchString, http.ProxyFromEnvironment)
	if err != nil {
		return err
	}
	o.proxy, p.elsewhere = p, cfg.Elsewhere
	none := noProxy(lookup(cfg.Environ, "NO_PROXY"), lookup(cfg.Environ, "no_proxy"))
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		o.environ = append(o.environ, name+"="+p.url())
	}
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		o.environ = append(o.environ, name+"="+none)
	}
	return nil
}

// notProxied are the addresses that no call for this machine may leave by a proxy: loopback, and
// the addresses at which AWS gives credentials to machines and containers.
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html)
const notProxied = "localhost,127.0.0.1,::1,169.254.169.254,169.254.170.2,169.254.170.23"

// noProxy returns the hosts to which functions talk without the proxy. Those of the environment
// stay, except the ones that would hide the names of the API; the proxy itself obeys them.
func noProxy(lists ...string) string {
	out := []string{notProxied}
	for _, list := range lists {
		for entry := range strings.SplitSeq(list, ",") {
			entry = strings.TrimSpace(entry)
			bare := strings.TrimLeft(entry, "*.")
			if bare != "" && !strings.HasSuffix("execute-api.amazonaws.com", bare) &&
				!strings.HasSuffix(bare, "amazonaws.com") {
				out = append(out, entry)
			}
		}
	}
	return strings.Join(out, ",")
}

// TLS returns what the gateway must speak TLS with.
func (o *Outbound) TLS() *tls.Config { return o.authority.config() }

// Localize gives a request that came for the API's name on AWS the Host of the gateway, which takes
// calls without a known key only if they are for an address of this machine. A page in a browser
// cannot make such a request: the name is not one of its author's, and it came over TLS.
func (o *Outbound) Localize(r *http.Request) {
	if o != nil && r.TLS != nil && o.isAPI(r.Host) {
		r.Host = o.gateway
	}
}

// Environ returns the variables for the functions, as in os.Environ. They win over those of the
// same name.
func (o *Outbound) Environ() []string {
	if o == nil {
		return nil
	}
	return o.environ
}

// Close ends the proxy and its tunnels.
func (o *Outbound) Close() error {
	if o == nil || o.proxy == nil {
		return nil
	}
	return o.proxy.close()
}

// lookup returns the value of a variable: that of its last entry.
func lookup(environ []string, name string) (value string) {
	for _, entry := range environ {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			value = v
		}
	}
	return value
}
