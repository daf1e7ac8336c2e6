package outbound_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/functions/outbound"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// A rig is a gateway that answers TLS with what it was asked.
type rig struct {
	*outbound.Outbound
	address string
}

func start(t *testing.T, environ ...string) rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	dynamo := len(environ) == 0
	o, err := outbound.Open(outbound.Config{
		Gateway: address, APIID: "local", Dir: t.TempDir(), Environ: environ, DynamoDB: dynamo,
	})
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before := r.Host
		o.Localize(r)
		fmt.Fprintf(w, "gateway %s %s %s %t", r.Method, before, r.URL.Path, r.Host == address)
	})}
	served := make(chan error, 1) // the cleanup ends it
	go func() { served <- web.Serve(tls.NewListener(l, o.TLS())) }()
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		_ = web.Close()
		<-served
	})
	return rig{o, address}
}

// env returns the value of a variable that functions get.
func (r rig) env(name string) string {
	value, _ := strings.CutPrefix(r.Environ()[slices.IndexFunc(r.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, name+"=")
	})], name+"=")
	return value
}

// client returns a client as a program that obeys the variables of functions has it.
func (r rig) client(t *testing.T) *http.Client {
	t.Helper()
	bundle, err := os.ReadFile(r.env("AWS_CA_BUNDLE"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	proxy, err := url.Parse(r.env("HTTPS_PROXY"))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		Proxy: func(req *http.Request) (*url.URL, error) {
			if strings.Contains(r.env("NO_PROXY"), req.URL.Hostname()) {
				return nil, nil
			}
			return proxy, nil
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// addresses are what functions build from an event of the gateway, and what arrives there.
func (r rig) addresses() map[string]string {
	post := "gateway POST %s /api/@connections/a= true"
	out := map[string]string{"https://" + r.address + "/api": fmt.Sprintf(post, r.address)}
	for _, host := range []string{
		"local.execute-api.us-east-1.amazonaws.com", "local.execute-api.cn-north-1.amazonaws.com.cn",
		"local.execute-api.eu-west-1.api.aws", "dynamodb.us-east-1.amazonaws.com",
		"012345678901.ddb.eu-west-1.amazonaws.com",
	} {
		out["https://"+host+"/api"] = fmt.Sprintf(post, host)
	}
	return out
}

func TestBothFormsReachTheGateway(t *testing.T) {
	r := start(t)
	client := r.client(t)
	for address, want := range r.addresses() {
		res, err := client.Post(address+"/@connections/a%3D", "", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if string(body) != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", address, body, err, want)
		}
	}
}

// TestLanguages: programs of these languages reach the gateway with what comes with the language.
func TestLanguages(t *testing.T) {
	r := start(t)
	programs := map[string][]string{
		"python3": {"-c", `import sys, urllib.request as r
for url in sys.argv[1:]:
    print(r.urlopen(r.Request(url + "/@connections/a%3D", b"x", method="POST")).read().decode())`},
		"node": {"-e", `(async () => {
for (const url of process.argv.slice(1)) {
  const how = { method: "POST", body: "x" };
  console.log(await (await fetch(url + "/@connections/a%3D", how)).text());
  console.log(await new Promise((done, fail) => {
    const data = (res) => res.on("data", (d) => done(String(d)));
    require("https").request(url + "/@connections/a%3D", how, data).on("error", fail).end();
  }));
}})()`},
	}
	for program, args := range programs {
		t.Run(program, func(t *testing.T) {
			if _, err := exec.LookPath(program); err != nil {
				t.Skipf("calls from %s were not run: %v", program, err)
			}
			var want string
			for address, answer := range r.addresses() {
				args = append(args, address)
				want += strings.Repeat(answer+"\n", strings.Count(args[1], "console.log")+
					strings.Count(args[1], "print"))
			}
			cmd := exec.CommandContext(t.Context(), program, args...)
			cmd.Env = append(os.Environ(), r.Environ()...)
			out, err := cmd.CombinedOutput()
			if string(out) != want || err != nil {
				t.Errorf("%v, printed\n%swant\n%s", err, out, want)
			}
		})
	}
}

// TestAWSCLI: the CLI of AWS, which is botocore, reaches the gateway by both forms.
func TestAWSCLI(t *testing.T) {
	sampletest.Part(t, 4)
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skipf("calls of the AWS CLI were not run: %v", err)
	}
	r := start(t)
	for address := range r.addresses() {
		if strings.Contains(address, ".cn/") || strings.Contains(address, "api.aws") ||
			strings.Contains(address, "dynamodb") || strings.Contains(address, ".ddb.") {
			continue // the CLI is slow to start; the names are those of TestLanguages
		}
		cmd := exec.CommandContext(t.Context(), "aws", "apigatewaymanagementapi", "post-to-connection",
			"--connection-id", "a=", "--data", "eA==", "--endpoint-url", address)
		cmd.Env = append(os.Environ(), r.Environ()...)
		cmd.Env = append(cmd.Env, "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b",
			"AWS_DEFAULT_REGION=us-east-1", "AWS_CONFIG_FILE=none", "AWS_MAX_ATTEMPTS=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", address, err, out)
		}
	}
}

// TestOtherCallsGoWhereTheyWouldHaveGone, with a proxy and without.
func TestOtherCallsGoWhereTheyWouldHaveGone(t *testing.T) {
	other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "other ", r.Host)
	}))
	defer other.Close()
	var dialed []string // one request at a time
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed = append(dialed, address)
		return new(net.Dialer).DialContext(ctx, network, other.Listener.Addr().String())
	}
	second := start(t, "PATH=") // stands for a proxy that the developer has
	second.Via(nil, dial)
	proxy, err := url.Parse(second.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	for name, via := range map[string]*url.URL{"direct": nil, "by another proxy": proxy} {
		t.Run(name, func(t *testing.T) {
			r := start(t, "PATH=") // without DynamoDB
			r.Via(via, func(ctx context.Context, network, address string) (net.Conn, error) {
				if via == nil {
					return dial(ctx, network, address)
				}
				return new(net.Dialer).DialContext(ctx, network, address)
			})
			client := r.client(t)
			trust := other.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
			trust.ServerName = "example.com"
			client.Transport.(*http.Transport).TLSClientConfig = trust
			for _, host := range []string{
				"dynamodb.us-east-1.amazonaws.com", "other.execute-api.us-east-1.amazonaws.com",
				"local.execute-api.us-east-1.amazonaws.com:8443", "example.com",
			} {
				dialed = nil
				res, err := client.Get("https://" + host + "/")
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				to := host
				if !strings.Contains(host, ":") {
					to += ":443"
				}
				if string(body) != "other "+host || err != nil || !slices.Equal(dialed, []string{to}) {
					t.Errorf("%s: %q, %v, dialed %q", host, body, err, dialed)
				}
			}
		})
	}
}

func TestProxyRefuses(t *testing.T) {
	r := start(t)
	good, _ := url.Parse(r.ProxyURL())
	bad := *good
	bad.User = url.UserPassword("tyg", "guess")
	for _, tt := range []struct {
		name   string
		proxy  *url.URL
		target string
		want   string
	}{
		{"wrong password", &bad, "https://example.com/", "Proxy Authentication Required"},
		{"no CONNECT", good, "http://example.com/", "405"},
		{"no such host", good, "https://no-such-host.invalid/", "Bad Gateway"},
	} {
		transport := &http.Transport{Proxy: http.ProxyURL(tt.proxy)}
		res, err := (&http.Client{Transport: transport}).Get(tt.target)
		got := fmt.Sprint(err)
		if err == nil {
			got = res.Status
			_ = res.Body.Close()
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		transport.CloseIdleConnections()
	}
}

// TestProxyCutsBodiesThatStop: any local program can send the proxy a request with a body that does
// not come, and keeps no connection by it.
func TestProxyCutsBodiesThatStop(t *testing.T) {
	t.Parallel()
	r := start(t)
	u, err := url.Parse(r.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("the connection did not end: %v", err)
	}
}

// TestKeepsWhatTheDeveloperHas: certificates, options of Node.js, and hosts without a proxy.
func TestKeepsWhatTheDeveloperHas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "corporate.pem")
	if err := os.WriteFile(file, []byte("corporate"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "AWS_CA_BUNDLE="+file, "NODE_EXTRA_CA_CERTS="+file,
		"NODE_OPTIONS=--enable-source-maps", "NO_PROXY=intranet,.amazonaws.com,*")
	for _, name := range []string{"AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"} {
		bundle, err := os.ReadFile(r.env(name))
		if err != nil || !strings.HasPrefix(string(bundle), "corporate\n-----BEGIN CERTIFICATE") ||
			strings.Count(string(bundle), "BEGIN") != 1 {
			t.Errorf("%s has %q, %v", name, bundle, err)
		}
	}
	if got := r.env("NODE_OPTIONS"); !strings.HasPrefix(got, "--enable-source-maps --require \"") {
		t.Errorf("NODE_OPTIONS is %q", got)
	}
	if got := r.env("no_proxy"); !strings.HasPrefix(got, "localhost,127.0.0.1,") ||
		!strings.HasSuffix(got, ",intranet") {
		t.Errorf("no_proxy is %q", got)
	}
	r = start(t, "HTTPS_PROXY=socks5://127.0.0.1:1")
	if slices.ContainsFunc(r.Environ(), func(e string) bool { return strings.HasPrefix(e, "HTTPS") }) {
		t.Error("a proxy of another kind was replaced")
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, cfg := range map[string]outbound.Config{
		"no address": {Gateway: "nonsense", Dir: t.TempDir()},
		"bundle is a directory": {
			Gateway: "127.0.0.1:1", Dir: t.TempDir(), Environ: []string{"SSL_CERT_FILE=" + t.TempDir()},
		},
		"no directory": {Gateway: "127.0.0.1:1", Dir: "/no/such/directory"},
	} {
		if _, err := outbound.Open(cfg); err == nil {
			t.Errorf("%s: Open succeeded", name)
		}
	}
}
