//go:build unix

package local

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
	"github.com/tyg-dev/tyg/lambda"
	"github.com/tyg-dev/tyg/trigger"
)

// asFunction makes the test program a function.
const asFunction = "LOCAL_TEST_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(asFunction) != "" {
		runFunction() // until it is ended
		return
	}
	os.Exit(m.Run())
}

// runFunction echoes through the address that it builds from the event, as most functions do: with
// no endpoint, package lambda does the same. To "domain" it answers with the domain of the event.
// Of the changes of a table it takes all but the first one, and prints them.
func runFunction() {
	app := tyg.New("app")
	app.OnMessage(func(ctx context.Context, c *tyg.Conn, m tyg.Message) error {
		if m.Text() == "domain" {
			return c.SendString(ctx, c.Domain)
		}
		return c.Send(ctx, m.Data)
	})
	seen := 0
	app.OnTrigger("changes", trigger.DynamoDB(func(_ context.Context, c trigger.Change) error {
		if seen++; seen == 1 {
			return errors.New("not yet")
		}
		fmt.Println(c.Kind, c.Keys.Text("id"), c.Old.Text("n"), c.New.Text("n"))
		return nil
	}))
	trigger := os.Getenv(triggerVariable)
	_ = lambda.Run(app, lambda.Config{Trigger: trigger, SenderConfig: lambda.SenderConfig{
		Region: os.Getenv("AWS_REGION"),
		Credentials: lambda.Key{
			AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		},
	}})
}

// shellFunction returns the configuration of a function that runs app.sh in a new directory.
func shellFunction(t *testing.T) (cfg Config, script string) {
	t.Helper()
	dir := t.TempDir()
	set := &backend.Set{
		Functions: []functions.Function{{Name: "f", Dir: dir, Command: []string{"sh", "app.sh"}}},
		Routes:    map[string]backend.Route{"$default": {Target: backend.Target{Function: "f"}}},
	}
	return Config{
		Name: "demo", Dir: dir, Addr: "127.0.0.1:0", Environ: append(os.Environ(), asFunction+"=1"),
		Plan: func() (Plan, error) { return Plan{Stage: "api", Routes: set}, nil },
	}, filepath.Join(dir, "app.sh")
}

// A lineReader reads what tyg local prints.
type lineReader struct {
	t     *testing.T
	lines chan string
}

// until returns the first line that matches, which must come soon.
func (r lineReader) until(pattern string) string {
	r.t.Helper()
	re := regexp.MustCompile(pattern)
	for timeout := time.After(time.Minute); ; {
		select {
		case line, ok := <-r.lines:
			if re.MatchString(line) {
				return line
			}
			if !ok {
				r.t.Fatalf("the output ended without a line like %s", pattern)
			}
		case <-timeout:
			r.t.Fatalf("no line like %s", pattern)
		}
	}
}

// runConfig runs tyg local until end is called, which returns its error.
func runConfig(t *testing.T, cfg Config) (out lineReader, end func() error) {
	t.Helper()
	r, w := io.Pipe()
	cfg.Stdout, cfg.Stderr = w, w
	out = lineReader{t, make(chan string, 1000)} // more than tyg prints here
	go func() {                                  // ends with the output
		defer close(out.lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			out.lines <- s.Text()
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { // cancel ends it
		done <- Run(ctx, cfg)
		_ = w.Close()
	}()
	end = func() error {
		cancel()
		err := <-done
		done <- err // for the next call
		return err
	}
	t.Cleanup(func() { _ = end() })
	return out, end
}

// TestFirstStartFails: tyg says what is wrong and what to do, tells clients, and starts the project
// once it is repaired.
func TestFirstStartFails(t *testing.T) {
	cfg, script := shellFunction(t)
	writeFile(t, script, "echo no table >&2\nexit 3\n")
	cfg.Addr = freeAddress(t)
	out, end := runConfig(t, cfg)
	out.until(`^\[f\] no table$`)
	out.until(`^tyg: .*function "f" exited at start: exit status 3$`)
	out.until(`^tyg: nothing runs yet; .* when a file of it changes: repair and save it`)
	waitForStatus(t, "http://"+cfg.Addr+"/api/", http.StatusServiceUnavailable)
	writeFile(t, script, "exit 4\n")
	out.until(`exit status 4$`)
	writeFile(t, script, "exec "+os.Args[0]+"\n")
	out.until(`^Serving demo on ws://` + regexp.QuoteMeta(cfg.Addr))
	c, _, err := wsclient.Dial(t.Context(), "ws://"+cfg.Addr+"/api/", nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.CloseNow()
	if err := end(); err != nil {
		t.Errorf("Run returned %v", err)
	}
}

// TestFunctionsReachTheGatewayTheyAreTold: the domain in the event is where the gateway answers
// TLS, whatever the client called it, and so is the host of the API on AWS.
func TestFunctionsReachTheGatewayTheyAreTold(t *testing.T) {
	cfg, script := shellFunction(t)
	writeFile(t, script, "exec "+os.Args[0]+"\n")
	out, _ := runConfig(t, cfg)
	url := strings.Fields(out.until(`^Serving `))[3]
	address := strings.TrimSuffix(strings.TrimPrefix(url, "ws://"), "/api/")
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := wsclient.Dial(t.Context(), "ws://localhost:"+port+"/api/", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	for text, want := range map[string]string{"hello": "hello", "domain": address} {
		if err := c.Write(t.Context(), ws.OpText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(t.Context()); string(got) != want || err != nil {
			t.Errorf("the answer to %s is %q, %v, want %q", text, got, err, want)
		}
	}
	nc, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatalf("the gateway does not answer TLS: %v", err)
	}
	_ = nc.Close()
}

// certificate writes a certificate for 127.0.0.1, and returns what a client trusts it with.
func certificate(t *testing.T) (cert, key string, trust *tls.Config) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	pair := web.TLS.Certificates[0]
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der},
	} {
		writeFile(t, path, string(pem.EncodeToMemory(block)))
	}
	return cert, key, web.Client().Transport.(*http.Transport).TLSClientConfig
}

// TestOwnCertificate: clients get it, and functions still trust the gateway.
func TestOwnCertificate(t *testing.T) {
	cfg, script := shellFunction(t)
	writeFile(t, script, "exec "+os.Args[0]+"\n")
	var trust *tls.Config
	cfg.Cert, cfg.Key, trust = certificate(t)
	out, _ := runConfig(t, cfg)
	url := strings.Fields(out.until(`^Serving demo on wss://`))[3]
	c, _, err := wsclient.Dial(t.Context(), url, &wsclient.Options{TLS: trust})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if err := c.Write(t.Context(), ws.OpText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := c.Read(t.Context()); string(got) != "hello" || err != nil {
		t.Errorf("the answer is %q, %v", got, err)
	}
}

func TestMissingCertificate(t *testing.T) {
	cfg, _ := shellFunction(t)
	cfg.Cert, cfg.Key = "missing.pem", "missing.pem"
	cfg.Stdout, cfg.Stderr = io.Discard, io.Discard
	err := Run(t.Context(), cfg)
	if err == nil || !strings.HasPrefix(err.Error(), "load certificate: open missing.pem") {
		t.Errorf("Run returned %v", err)
	}
}

func TestFirstStartFailsWithoutReload(t *testing.T) {
	cfg, script := shellFunction(t)
	writeFile(t, script, "exit 3\n")
	cfg.NoReload = true
	cfg.Stdout, cfg.Stderr = io.Discard, io.Discard
	err := Run(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("Run returned %v", err)
	}
}

func TestInterruptedBeforeTheFirstStart(t *testing.T) {
	cfg, script := shellFunction(t)
	writeFile(t, script, "exit 3\n")
	out, end := runConfig(t, cfg)
	out.until("nothing runs yet")
	if err := end(); err != context.Canceled {
		t.Errorf("Run returned %v, want %v", err, context.Canceled)
	}
}

// freeAddress returns an address on which no program listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// waitForStatus waits until requests are answered with a status.
func waitForStatus(t *testing.T, url string, status int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode == status {
			return
		}
	}
	t.Fatalf("%s is not answered with status %d", url, status)
}
