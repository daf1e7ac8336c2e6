package deploy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// TestQuotasEndADeployAtOnce makes one attempt at what a quota forbids, and says it in AWS's words.
func TestQuotasEndADeployAtOnce(t *testing.T) {
	r := newRig(t)
	r.aws.LimitTables(1)
	r.otherTable(t)
	cfg := r.config()
	cfg.Retryer = nil // that of tyg
	cloud, err := deploy.Open(t.Context(), cfg, nil)
	must(t, err)
	d := &deploy.Deployer{Cloud: cloud, Store: r.store()}
	plan, err := d.Plan(t.Context(), everything(t))
	must(t, err)
	err = d.Apply(t.Context(), plan)
	const said = "Subscriber limit exceeded: There is a limit of 1 tables per subscriber"
	if err == nil || !strings.Contains(err.Error(), said) ||
		!strings.Contains(err.Error(), "servicequotas") {
		t.Errorf("the error is %v", err)
	}
	for _, c := range r.aws.Calls() {
		if c.Code == "LimitExceededException" && c.Attempts != 1 {
			t.Errorf("%s was tried %d times", c.Operation, c.Attempts)
		}
	}
}

// otherTable makes a table of another application.
func (r *rig) otherTable(t *testing.T) {
	t.Helper()
	other := echo(t)
	other.Name = "other"
	other.Tables = []deploy.Table{{
		LogicalName: "t", Name: "other", Variable: "TABLE", PartitionKey: deploy.Attribute{Name: "PK"},
	}}
	there := &rig{aws: r.aws, file: r.file + ".other"}
	must(t, there.deploy(t.Context(), other))
}

// TestTableThatIsSetBackEndsADeploy has something else change the capacity back.
func TestTableThatIsSetBackEndsADeploy(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	r.aws.PinTable(roomsTable)
	app := everything(t)
	app.Tables[0].ReadCapacity, app.Tables[0].WriteCapacity = 5, 5
	before := r.calls("UpdateTable")
	err := r.deploy(t.Context(), app)
	if err == nil || !strings.Contains(err.Error(), "accepted the same change 3 times") {
		t.Errorf("the error is %v", err)
	}
	if n := r.calls("UpdateTable") - before; n != 3 {
		t.Errorf("UpdateTable was called %d times", n)
	}
}

// TestTimeToLiveWithinTheHour moves the time to live to another attribute, which takes two changes.
func TestTimeToLiveWithinTheHour(t *testing.T) {
	r := newRig(t)
	r.aws.LimitTTL(time.Hour)
	must(t, r.deploy(t.Context(), everything(t)))
	app := everything(t)
	app.Tables[0].TTLAttribute = "until"
	for _, want := range []string{"expires", "expires"} { // AWS still refuses
		must(t, r.deploy(t.Context(), app))
		if got := r.ttl(t); got != want {
			t.Errorf("items expire by %q, want %q", got, want)
		}
	}
	if text := strings.Join(r.printed, "\n"); !strings.Contains(text, "once an hour") {
		t.Errorf("it said %q", r.printed)
	}
	for _, want := range []string{"", "until"} {
		r.aws.Pass(time.Hour)
		must(t, r.deploy(t.Context(), app))
		if r.ttl(t) != want { // it settles while it is looked at
			must(t, r.deploy(t.Context(), app))
		}
		if got := r.ttl(t); got != want {
			t.Errorf("items expire by %q, want %q", got, want)
		}
	}
}

// TestLongWaitsAreSaid lets each state of AWS take long. Whatever is waited for longer than three
// seconds is said, and again after half a minute.
func TestLongWaitsAreSaid(t *testing.T) {
	r := newRig(t)
	r.aws.Settle = 12
	d, err := r.deployer(t.Context())
	must(t, err)
	waited := time.Duration(0)
	said := map[string]time.Duration{}
	d.Cloud.SetPause(func(ctx context.Context, p time.Duration) error {
		waited += p
		return ctx.Err()
	})
	d.Progress = func(line string) {
		if strings.HasPrefix(line, "Waiting for ") {
			said[line] = waited
		}
	}
	plan, err := d.Plan(t.Context(), everything(t))
	must(t, err)
	must(t, d.Apply(t.Context(), plan))
	all := fmt.Sprint(said)
	for _, what := range []string{
		"Waiting for table " + roomsTable + ": 4s of at most 20m0s",
		"Waiting for function chat-dev-websocket_connect: 4s of at most 10m0s",
		"Waiting for table " + roomsTable + ": 3", // again
		"Waiting for IAM role service/chat-dev to be usable",
	} {
		if !strings.Contains(all, what) {
			t.Errorf("%q was not said, only %s", what, all)
		}
	}
}

// TestFirstCallGivesUp has an AWS that only throttles. Open ends within its limit; later calls
// would go on for minutes.
func TestFirstCallGivesUp(t *testing.T) {
	sampletest.Part(t, 4) // it waits for 9 to 14 seconds
	t.Parallel()
	r := newRig(t)
	r.aws.SetFault(func(int, string, string) awstest.Fault { return awstest.Refuse })
	cfg := r.config()
	cfg.Retryer = nil
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	_, err := deploy.Open(ctx, cfg, nil)
	if err == nil || ctx.Err() != nil {
		t.Errorf("Open says %v", err)
	}
}
