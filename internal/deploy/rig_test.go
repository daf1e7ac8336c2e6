package deploy_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A rig is an account on AWS and a directory with a state file.
type rig struct {
	aws     *awstest.Cloud
	file    string
	durable bool   // the file is written as users' are
	url     string // of the state, in place of the file
	printed []string
	observe func() // called after each request, if it is not nil
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{aws: awstest.New(), file: filepath.Join(t.TempDir(), "deployed", "dev.json")}
	_, err := r.aws.AddPolicy("limit", `{"Version":"2012-10-17","Statement":[`+
		`{"Effect":"Allow","Action":"*","Resource":"*"},`+
		`{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}]}`)
	must(t, err)
	r.aws.PutParameter("/chat/key", "parameter-value")
	r.aws.PutSecret("chat/db", `{"password":"secret-value","port":5432}`)
	t.Cleanup(func() {
		for _, v := range r.aws.Violations() {
			t.Errorf("AWS would not understand: %s", v)
		}
	})
	return r
}

// A handlerTransport sends requests to a handler in this process. A deploy makes a hundred, and
// sockets would take half of the time of these tests.
type handlerTransport struct {
	handler http.Handler
	after   func()
}

// RoundTrip returns an error for an answer that the handler aborts, as a connection that breaks
// does.
func (h handlerTransport) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	in := req.Clone(req.Context())
	in.Host = cmp.Or(req.Host, req.URL.Host)
	in.RequestURI = req.URL.RequestURI()
	if in.URL, err = url.ParseRequestURI(in.RequestURI); err != nil {
		return nil, err
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.ContentLength > 0 {
		in.Header.Set("Content-Length", strconv.FormatInt(in.ContentLength, 10))
	}
	out := httptest.NewRecorder()
	if h.after != nil {
		defer h.after()
	}
	defer func() {
		if fault := recover(); fault == http.ErrAbortHandler {
			resp, err = nil, io.EOF
		} else if fault != nil {
			panic(fault)
		}
	}()
	h.handler.ServeHTTP(out, in)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return out.Result(), nil
}

// A quickFile is a state file that does not wait for the disk, which takes longer than the rest of
// a deploy.
type quickFile struct{ deploy.FileStore }

func (q quickFile) Write(ctx context.Context, data []byte, version string) (string, error) {
	_, now, err := q.Read(ctx)
	if err == nil && now != version {
		err = plan.ErrChanged
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(q.Name), 0o777)
	}
	if err == nil {
		err = os.WriteFile(q.Name, data, 0o666)
	}
	return string(data), err
}

func (r *rig) store() deploy.Store {
	if r.durable {
		return deploy.FileStore{Name: r.file}
	}
	return quickFile{deploy.FileStore{Name: r.file}}
}

func (r *rig) observed() {
	if r.observe != nil {
		r.observe()
	}
}

// config is as the AWS SDK would find it. Retries do not wait.
func (r *rig) config() aws.Config {
	id, secret := r.aws.Key()
	return aws.Config{
		Region: "us-west-2", BaseEndpoint: aws.String("http://aws.test"),
		HTTPClient: &http.Client{Transport: handlerTransport{r.aws, r.observed}},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = 3
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}
}

// deployer is a new process: it knows what the state file says.
func (r *rig) deployer(ctx context.Context) (*deploy.Deployer, error) {
	cloud, err := deploy.Open(ctx, r.config(), nil)
	if err != nil {
		return nil, err
	}
	cloud.SetPause(func(ctx context.Context, _ time.Duration) error { return ctx.Err() })
	cloud.SetNow(func() time.Time { return awstest.New().Now() }) // what is there, is new
	store := r.store()
	if r.url != "" {
		if store, err = cloud.Bucket(r.url, "chat", "dev"); err != nil {
			return nil, err
		}
	}
	return &deploy.Deployer{
		Cloud: cloud, Store: store,
		Progress: func(line string) { r.printed = append(r.printed, line) },
	}, nil
}

func (r *rig) deploy(ctx context.Context, app deploy.Application) error {
	d, err := r.deployer(ctx)
	if err != nil {
		return err
	}
	release, err := d.Lock(ctx)
	if err != nil {
		return err
	}
	plan, err := d.Plan(ctx, app)
	if err == nil {
		err = d.Apply(ctx, plan)
	}
	return errors.Join(err, release())
}

func (r *rig) delete(ctx context.Context, app deploy.Application) error {
	d, err := r.deployer(ctx)
	if err != nil {
		return err
	}
	p, err := d.PlanDeletion(ctx, app, true)
	if err != nil {
		return err
	}
	_, err = d.Delete(ctx, p)
	return err
}

// settled fails if a plan has anything left to do.
func (r *rig) settled(t *testing.T, app deploy.Application) {
	t.Helper()
	d, err := r.deployer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := d.Plan(t.Context(), app)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range plan.Steps {
		t.Errorf("still to do: %v %v", s, s.Changes)
	}
}

// live fails if the routes that clients reach are not those of the application.
func (r *rig) live(t *testing.T, app deploy.Application) {
	t.Helper()
	state, err := deploy.ReadState(t.Context(), r.store())
	if err != nil {
		t.Fatal(err)
	}
	api, ok := state.Find(deploy.TypeAPI, "websocket_api")
	if !ok {
		t.Fatal("the state file has no API")
	}
	live, err := r.aws.Live(api.APIID, app.API.Stage)
	if err != nil {
		t.Fatalf("nothing is live: %v", err)
	}
	for _, route := range app.API.Routes {
		fn := live.Routes[route.Key].Function.Name
		if want := app.Name + "-" + app.Stage + "-" + route.Function; fn != want {
			t.Errorf("route %s leads to %q, want %s", route.Key, fn, want)
		} else if !r.aws.MayManage(fn, api.APIID, app.API.Stage) {
			t.Errorf("%s may not send", fn)
		}
	}
	if got, want := len(live.Routes), len(app.API.Routes); got != want {
		t.Errorf("%d routes are live, want %d", got, want)
	}
}

func (r *rig) empty(t *testing.T) {
	t.Helper()
	if left := r.aws.Resources(); len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, ", "))
	}
}

// deployAndDelete deploys an application, whatever was before, finds it as it should be, and
// deletes it.
func (r *rig) deployAndDelete(t *testing.T, app deploy.Application) {
	t.Helper()
	must(t, r.deploy(t.Context(), app))
	r.live(t, app)
	must(t, r.deploy(t.Context(), app)) // deletes functions that the routes before called
	r.settled(t, app)
	r.live(t, app)
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

// bundles are made once for each code: packing takes longer than all else that a test asks for.
var bundles sync.Map

func bundle(t testing.TB, code string) *deploy.Bundle {
	t.Helper()
	if b, ok := bundles.Load(code); ok {
		return b.(*deploy.Bundle)
	}
	b, err := deploy.NewBundle([]byte(code))
	if err != nil {
		t.Fatal(err)
	}
	bundles.Store(code, b)
	return b
}

// echo is the tutorial's first application.
func echo(t testing.TB) deploy.Application {
	return deploy.Application{
		Name: "echo-server", Stage: "dev",
		Functions: []deploy.Function{function(t, "websocket_message", "one")},
		API: deploy.API{
			Stage: "api", Routes: []deploy.Route{{Key: tyg.RouteDefault, Function: "websocket_message"}},
		},
	}
}

func function(t testing.TB, name, code string) deploy.Function {
	return deploy.Function{
		LogicalName: name, Bundle: bundle(t, code), Architecture: "arm64", Timeout: 29, MemorySize: 128,
		Role: deploy.Role{LogicalName: "default-role"},
	}
}

// boundary is the ARN of a policy that every rig has.
const boundary = "arn:aws:iam::123456789012:policy/limit"

// key is the ARN of a key of KMS.
const key = "arn:aws:kms:us-west-2:123456789012:key/12345678-1234-1234-1234-123456789012"

// statement is one that a project adds to the generated policy.
const statement = `{"Sid":"Files","Effect":"Allow","Action":"s3:*",` +
	`"Resource":"arn:aws:s3:::files/*"}`

// everything is an application with one of each kind of thing.
func everything(t testing.TB) deploy.Application {
	app := echo(t)
	app.Name, app.Tags, app.Releases = "chat", map[string]string{"team": "tea"}, 3
	connect, guard := function(t, "websocket_connect", "one"), function(t, "websocket_authorizer",
		"one")
	connect.LogRetention, connect.Environment = new(7), map[string]string{"TABLE": "chat-dev-rooms"}
	on := true
	app.Functions[0].EphemeralStorage, app.Functions[0].KMSKeyARN = 1024, key
	app.Functions[0].LogFormat, app.Functions[0].SystemLogLevel = "JSON", "WARN"
	app.Functions[0].Secrets = map[string]deploy.Secret{
		"KEY":      {Parameter: "/chat/key", AtDeploy: true},
		"PASSWORD": {Secret: "chat/db", Key: "password"},
	}
	app.RolePath, app.PermissionsBoundary, app.API.APIKey = "/service/", boundary, true
	limit := 5
	app.Functions[0].ReservedConcurrency, app.Functions[0].XRay = &limit, true
	app.Functions = append([]deploy.Function{connect}, app.Functions...)
	app.Functions = append(app.Functions, guard)
	for i := range app.Functions {
		app.Functions[i].Role.Statements = []json.RawMessage{json.RawMessage(statement)}
	}
	app.API.Routes = append(app.API.Routes,
		deploy.Route{Key: tyg.RouteConnect, Function: "websocket_connect"},
		deploy.Route{Key: "ask", Function: "websocket_message", Responds: true})
	app.API.Authorizer = &deploy.Authorizer{
		Function: "websocket_authorizer", IdentitySources: []string{"route.request.querystring.token"},
	}
	app.API.Variables = map[string]string{"colour": "blue"}
	app.API.Settings.ThrottlingRate = 100
	app.API.Domain = &deploy.Domain{
		Name: "chat.example.com", Prefix: "v1",
		CertificateARN: "arn:aws:acm:us-west-2:123456789012:certificate/" +
			"12345678-1234-1234-1234-123456789012",
	}
	app.Tables = []deploy.Table{{
		LogicalName: "rooms", Name: "chat-dev-rooms", Variable: "TABLE",
		PartitionKey: deploy.Attribute{Name: "PK"}, SortKey: deploy.Attribute{Name: "SK"},
		Indexes: []deploy.Index{{
			Name: "ReverseLookup", PartitionKey: deploy.Attribute{Name: "SK"},
			SortKey: deploy.Attribute{Name: "PK"},
		}},
		TTLAttribute: "expires", PointInTimeRecovery: &on, Stream: "NEW_IMAGE", KMSKeyARN: key,
	}}
	return app
}

// changed is what everything becomes: other code, routes, functions, stage, settings.
func changed(t testing.TB) deploy.Application {
	app := everything(t)
	app.API.Stage, app.API.Authorizer, app.API.Variables = "v2", nil, nil
	app.API.Settings.ThrottlingRate = 0
	app.PermissionsBoundary, app.API.APIKey = deploy.NoBoundary, false
	app.Functions = []deploy.Function{
		function(t, "websocket_message", "two"), function(t, "websocket_disconnect", "two"),
	}
	app.Functions[1].Role = deploy.Role{
		LogicalName: "websocket_disconnect_role",
		Policy: []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Action":"execute-api:ManageConnections","Resource":"*"}]}`),
	}
	app.API.Routes = []deploy.Route{
		{Key: tyg.RouteDefault, Function: "websocket_message"},
		{Key: tyg.RouteDisconnect, Function: "websocket_disconnect"},
	}
	app.API.Domain.Prefix = ""
	off := false
	app.Tables[0].PointInTimeRecovery, app.Tables[0].Stream = &off, "KEYS_ONLY"
	return app
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	must(t, err)
	return data
}

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	must(t, os.WriteFile(name, data, 0o666))
}
