package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/filelock"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// A troubled is a machine or an account with a fault, and what each command has to say.
type troubled struct {
	fault string
	says  string
	// prepare returns variables of the environment, as NAME=value.
	prepare  func(*account) []string
	commands string // that it concerns, of those of [faultCommands]
}

// faultCommands are the commands of the table.
func faultCommands() [][]string {
	return [][]string{
		{"plan"},
		{"deploy"},
		{"delete", "--yes"},
		{"logs"},
		{"url"},
		{"invoke", "--event", "message"},
		{"gen-policy"},
		{"import", "--from", "chalice", "--dry-run"},
	}
}

const (
	everyCommand   = "plan deploy delete logs url invoke gen-policy import"
	stageCommands  = "plan deploy delete logs url invoke gen-policy" // those with a state
	lookupCommands = "plan deploy delete logs url invoke"            // those that look for resources
	buildCommands  = "plan deploy gen-policy"
)

// endpoint makes all calls go to a URL.
func endpoint(url string) []string { return []string{"AWS_ENDPOINT_URL=" + url} }

// served is the URL of a handler.
func (a *account) served(h http.HandlerFunc) string {
	a.t.Helper()
	srv := httptest.NewServer(h)
	a.t.Cleanup(srv.Close)
	return srv.URL
}

// silent is the address of a server that takes connections and never answers.
func (a *account) silent() string {
	a.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { l.Close() })
	go func() { // ends with the listener
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(io.Discard, conn) // ends with the client
		}
	}()
	return l.Addr().String()
}

// page answers with a web page, as the log-in page of a network does.
func page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprint(w, "<html>Welcome to our hotel</html>")
	}
}

// profile writes ~/.aws/config, and takes the keys away.
func profile(text string) func(*account) []string {
	return func(a *account) []string {
		if err := os.WriteFile(os.Getenv("AWS_CONFIG_FILE"), []byte(text), 0o600); err != nil {
			a.t.Fatal(err)
		}
		return []string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_PROFILE=work"}
	}
}

func throughProxy(proxy string) []string {
	return []string{"AWS_ENDPOINT_URL=https://aws.example", "HTTPS_PROXY=" + proxy}
}

func faulty(f awstest.Fault, operation string) func(*account) []string {
	return func(a *account) []string {
		a.SetFault(func(_ int, _, name string) awstest.Fault {
			if name == operation {
				return f
			}
			return awstest.None
		})
		return nil
	}
}

// networkFaults are those that show at the first call.
func networkFaults() []troubled {
	return []troubled{
		{"no such host", "cannot find the host nowhere.invalid", func(*account) []string {
			return endpoint("https://nowhere.invalid")
		}, everyCommand},
		{"connection refused", "cannot connect: is this machine online", func(*account) []string {
			return endpoint("http://127.0.0.1:1")
		}, everyCommand},
		{"a server that does not answer", "no answer from AWS within 15s", func(a *account) []string {
			return endpoint("http://" + a.silent())
		}, everyCommand},
		{"an unknown certificate, of a log-in page or a proxy", "the certificate of the server is not " +
			"trusted", func(a *account) []string {
			srv := httptest.NewUnstartedServer(page(http.StatusOK))
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.StartTLS()
			a.t.Cleanup(srv.Close)
			return endpoint(srv.URL)
		}, everyCommand},
		{
			"a log-in page", "a web page answers in place of AWS, with status 200",
			func(a *account) []string {
				return endpoint(a.served(page(http.StatusOK)))
			},
			everyCommand,
		},
		{
			"a log-in page with status 503", "a web page answers in place of AWS, with status 503",
			func(a *account) []string {
				return endpoint(a.served(page(http.StatusServiceUnavailable)))
			}, everyCommand,
		},
		{"a server without TLS", "the server does not speak TLS", func(a *account) []string {
			return endpoint(strings.Replace(a.url, "http:", "https:", 1))
		}, everyCommand},
		{
			"a proxy that does not run", "does HTTPS_PROXY name a proxy that runs?",
			func(*account) []string {
				return throughProxy("http://127.0.0.1:1")
			},
			everyCommand,
		},
		{
			"a proxy that wants a password", "answers 407 Proxy Authentication Required",
			func(a *account) []string {
				return throughProxy(a.served(func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(http.StatusProxyAuthRequired)
				}))
			}, everyCommand,
		},
		{"a proxy that does not answer", "no answer from AWS within 15s", func(a *account) []string {
			return throughProxy("http://" + a.silent())
		}, everyCommand},
		{"AWS fails", "InternalFailure", faulty(awstest.Refuse, "GetCallerIdentity"), everyCommand},
	}
}

// credentialFaults are those of who calls.
func credentialFaults() []troubled {
	return []troubled{
		{"no credentials", "no valid AWS credentials", func(*account) []string {
			return []string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="}
		}, everyCommand},
		{"a wrong secret key", "or the secret key is wrong", func(a *account) []string {
			return endpoint(a.refuses("SignatureDoesNotMatch",
				"The request signature we calculated does not match"))
		}, everyCommand},
		{"no session of Identity Center", `run "aws sso login --profile work"`, profile(
			"[profile work]\nregion = us-west-2\nsso_session = corp\nsso_account_id = 123456789012\n" +
				"sso_role_name = Dev\n[sso-session corp]\nsso_region = us-west-2\n" +
				"sso_start_url = https://corp.example/start\n"), everyCommand},
		{"an MFA device and no terminal", "give --mfa-code or TYG_MFA_CODE", profile(
			"[profile work]\nregion = us-west-2\nrole_arn = arn:aws:iam::123456789012:role/deployer\n" +
				"mfa_serial = arn:aws:iam::123456789012:mfa/alice\nsource_profile = base\n" +
				"[profile base]\naws_access_key_id = a\naws_secret_access_key = b\n"), everyCommand},
		{"a credential_process that fails", `the credential_process of profile "work" fails`, profile(
			"[profile work]\nregion = us-west-2\ncredential_process = false\n"), everyCommand},
		{"no such profile", `there is no AWS profile "work"`, profile("[default]\n"), everyCommand},
		{"a role that may not be assumed", "role arn:aws:iam::123456789012:role/deployer of profile " +
			`"work" cannot be assumed`, func(a *account) []string {
			sts := a.refuses("AccessDenied", "User: arn:aws:iam::123456789012:user/a is not authorized "+
				"to perform: sts:AssumeRole")
			// The SDK asks for roles before it has read AWS_ENDPOINT_URL.
			return append(profile("[profile work]\nregion = us-west-2\nsource_profile = base\nrole_arn = "+
				"arn:aws:iam::123456789012:role/deployer\n[profile base]\naws_access_key_id = a\n"+
				"aws_secret_access_key = b\n")(a), "AWS_ENDPOINT_URL_STS="+sts)
		}, everyCommand},
		{"a web identity token that is missing", "let the job get a new one", profile(
			"[profile work]\nregion = us-west-2\nweb_identity_token_file = gone\nrole_arn = " +
				"arn:aws:iam::123456789012:role/deployer\n"), everyCommand},
		{"a web identity token that has expired", "let the job get a new one", func(a *account) []string {
			a.write("token", "a.b.c")
			sts := a.refuses("ExpiredTokenException", "Token expired: current date/time must be before "+
				"the expiration date/time")
			return append(profile("[profile work]\nregion = us-west-2\nweb_identity_token_file = token\n"+
				"role_arn = arn:aws:iam::123456789012:role/deployer\n")(a), "AWS_ENDPOINT_URL_STS="+sts)
		}, everyCommand},
		{"credentials that have expired", "these credentials have expired", func(a *account) []string {
			return endpoint(a.refuses("ExpiredToken",
				"The security token included in the request is expired"))
		}, everyCommand},
		{"a clock that is wrong", "the clock of this machine is wrong", func(a *account) []string {
			return endpoint(a.refuses("SignatureDoesNotMatch",
				"Signature expired: 20261130T000000Z is now earlier than 20261130T010000Z"))
		}, everyCommand},
		{"no region", "set AWS_REGION, use --region", func(*account) []string {
			return []string{"AWS_REGION="}
		}, everyCommand},
		{"a call that is not allowed", "iam:GetRole on arn:aws:iam::123456789012:role/echo-server-dev " +
			"in account 123456789012 is not allowed", faulty(awstest.Deny, "GetRole"), lookupCommands},
	}
}

// refuses is the URL of a server that refuses all requests in the way of STS.
func (a *account) refuses(code, message string) string {
	return a.served(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error>"+
			"</ErrorResponse>", code, message)
	})
}

// accountFaults are those of what is on AWS.
func accountFaults() []troubled {
	return []troubled{
		{
			"a quota: no more tables", "Subscriber limit exceeded: There is a limit of 1 tables",
			func(a *account) []string {
				a.createTable("other", "PK", "SK")
				a.LimitTables(1)
				return nil
			}, "deploy",
		},
		{
			"another deploy of the checkout", "another process is deploying or deleting this stage",
			func(a *account) []string {
				if err := os.MkdirAll(filepath.Join(".tyg", "deployments"), 0o777); err != nil {
					a.t.Fatal(err)
				}
				release, err := filelock.Try(filepath.Join(".tyg", "deployments", "dev.lock"))
				if err != nil {
					a.t.Fatal(err)
				}
				a.t.Cleanup(release)
				return nil
			}, "deploy delete",
		},
		{"a state in a bucket that does not exist", "there is no such bucket", func(a *account) []string {
			a.configure(`"version": "2.0",`, `"version": "2.0", "state": "s3://none",`)
			return nil
		}, stageCommands},
		{"a state that is cut short", "dev.json", func(a *account) []string {
			a.write(".tyg/deployed/dev.json", `{"schema_version": "2.0", "resou`)
			return nil
		}, stageCommands},
		{
			"a state of another account", "use other credentials (--profile), or another stage",
			func(a *account) []string {
				a.write(".tyg/deployed/dev.json", `{"schema_version": "2.0", "backend": "api", `+
					`"account_id": "210987654321", "region": "us-west-2", "resources": [{"name": "x", `+
					`"resource_type": "log_group", "log_group_name": "/aws/lambda/x"}]}`)
				return nil
			}, "plan deploy delete",
		},
		{"a configuration that is wrong", ".tyg/config.json:2", func(a *account) []string {
			a.configure(`"version": "2.0",`, `"version": "2.0", "lambda_memory_size": "much",`)
			return nil
		}, "plan deploy logs url invoke gen-policy"},
		{"a program that does not build", "main.go:3", func(a *account) []string {
			a.write("main.go", "package main\n\nfunc main() { undefined() }\n")
			return nil
		}, buildCommands},
		{"a parameter that does not exist", "/none", func(a *account) []string {
			a.configure(`"version": "2.0",`, `"version": "2.0", "environment_variables": {"KEY": `+
				`{"ssm": "/none", "at": "deploy"}},`)
			return nil
		}, "plan deploy"},
		{"a boundary that does not exist", "policy/none", func(a *account) []string {
			a.configure(`"version": "2.0",`, `"version": "2.0", "permissions_boundary": `+
				`"arn:aws:iam::123456789012:policy/none",`)
			return nil
		}, "deploy"},
	}
}

// write writes a file of the project.
func (a *account) write(name, text string) {
	a.t.Helper()
	if err := project.WriteFile(name, []byte(text)); err != nil {
		a.t.Fatal(err)
	}
}

// TestFaultTable runs each command with each fault in a fresh checkout, and looks at what it says.
// Each run is short by default, with a sample. TYG_FAULT_TABLE names a file to write the table of
// docs/aws-faults.md to.
func TestFaultTable(t *testing.T) {
	all := append(append(networkFaults(), credentialFaults()...), accountFaults()...)
	table := &faultTable{rows: make(map[string]map[string]float64)}
	file := os.Getenv("TYG_FAULT_TABLE")
	atOnce := 8 // most of them wait
	if file != "" {
		atOnce = 1
	}
	slots := make(chan struct{}, atOnce)
	env := []string{"GOCACHE=" + goEnv(t, "GOCACHE"), "GOPATH=" + goEnv(t, "GOPATH")}
	var runs []*troubledRun
	for n, f := range all {
		for m, args := range faultCommands() {
			if !slices.Contains(strings.Fields(f.commands), args[0]) {
				continue
			}
			if !sampletest.Picks(t, fmt.Sprint(n, m), 24) {
				continue
			}
			runs = append(runs, startTroubled(t, f, args, env, slots))
		}
	}
	for _, r := range runs {
		t.Run(r.args[0]+" "+r.fault, func(t *testing.T) {
			table.add(r.fault, r.args[0], r.check(t))
		})
	}
	if file != "" {
		if err := os.WriteFile(file, table.markdown(all), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// tooLong is far more than any fault may take, also on a busy machine, and less than the minutes
// for which calls are retried.
const tooLong = 2 * time.Minute

// A troubledRun is a command that runs with a fault.
type troubledRun struct {
	troubled
	args   []string
	done   chan struct{} // closed when it has ended, which sets the others
	err    error
	late   bool // it was killed
	took   time.Duration
	stderr bytes.Buffer
}

// startTroubled starts a command as a process, in a checkout and with an account of its own, once
// there is a slot for it.
func startTroubled(
	t *testing.T, f troubled, args, env []string, slots chan struct{},
) *troubledRun {
	t.Helper()
	a := newAccount(t, "small", "echo-server")
	a.configure(`"version": "2.0",`,
		`"version": "2.0", "tables": {"rooms": {"partition_key": {"name": "PK"}}},`)
	if args[0] == "import" {
		a.write(".chalice/config.json", chaliceConfig)
	}
	os.Unsetenv("AWS_MAX_ATTEMPTS")   // which newAccount has set, and restores
	config, err := os.UserConfigDir() // stays, for what the go command counts there
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	env = append(os.Environ(), env...)
	env = append(env, "HOME="+t.TempDir(), "XDG_CONFIG_HOME="+config, "NO_PROXY=", "no_proxy=",
		"PWD="+dir)
	env = append(env, f.prepare(a)...)
	r := &troubledRun{troubled: f, args: args, done: make(chan struct{})}
	go func() { // check waits for it
		defer close(r.done)
		slots <- struct{}{}
		defer func() { <-slots }()
		r.run(t.Context(), dir, env)
	}()
	return r
}

func (r *troubledRun) run(ctx context.Context, dir string, env []string) {
	ctx, cancel := context.WithTimeout(ctx, tooLong)
	defer cancel()
	cmd := exec.CommandContext(ctx, "tyg", r.args...)
	cmd.Dir, cmd.Env, cmd.Stderr, cmd.WaitDelay = dir, env, &r.stderr, time.Second
	begin := time.Now()
	r.err = cmd.Run()
	r.took, r.late = time.Since(begin), ctx.Err() != nil
}

// check looks at what the command has said, and returns how many seconds it took.
func (r *troubledRun) check(t *testing.T) float64 {
	t.Helper()
	<-r.done
	text := strings.ReplaceAll(r.stderr.String(), "\n", " ")
	goesOn := r.args[0] == "gen-policy" // with * in place of the account
	if r.err == nil && !goesOn || r.late || !strings.Contains(text, r.says) {
		t.Errorf("tyg %s with %s: %v after %.1f s, says\n%s\nwant %q in it",
			r.args[0], r.fault, r.err, r.took.Seconds(), text, r.says)
	}
	return r.took.Seconds()
}

// A faultTable has the seconds of each fault and command.
type faultTable struct {
	mu   sync.Mutex // guards rows
	rows map[string]map[string]float64
}

func (f *faultTable) add(fault, command string, seconds float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rows[fault] == nil {
		f.rows[fault] = make(map[string]float64)
	}
	f.rows[fault][command] = seconds
}

// markdown returns the rows of the table.
func (f *faultTable) markdown(all []troubled) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	var text bytes.Buffer
	for _, row := range all {
		if f.rows[row.fault] == nil {
			continue
		}
		fmt.Fprintf(&text, "| %s | `%s` |", row.fault, row.says)
		for _, args := range faultCommands() {
			if seconds, ok := f.rows[row.fault][args[0]]; ok {
				fmt.Fprintf(&text, " %.1f |", seconds)
			} else {
				text.WriteString(" |")
			}
		}
		text.WriteString("\n")
	}
	return text.Bytes()
}

// goEnv returns a setting of Go that depends on the home directory.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
