package storage_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/dynamotest"
	"github.com/tyg-dev/tyg/internal/leaktest"
	"github.com/tyg-dev/tyg/internal/natsd"
	"github.com/tyg-dev/tyg/rooms/storage"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// environment sets the pairs, as "NAME=value", and clears every other variable that matters.
func environment(t *testing.T, pairs ...string) {
	t.Helper()
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if name == "TABLE" || strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "TYG_") {
			t.Setenv(name, "")
		}
	}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
}

// shared opens two Stores, as two processes do, and reports whether a member that is added to one
// is in the other.
func shared(t *testing.T) bool {
	t.Helper()
	one, other := open(t), open(t)
	if err := one.Add(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	_, err := other.Get(t.Context(), "a")
	return err == nil
}

// open opens a Store as a program does that was built with every storage.
func open(t *testing.T) storage.Store {
	t.Helper()
	store, err := storage.OpenWithAll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return store
}

func TestMemoryIsNotShared(t *testing.T) {
	environment(t)
	if shared(t) {
		t.Error("two memories share their members")
	}
}

// A program that only prints its description runs where its storage is not.
func TestDescribedProgramOpensNoStorage(t *testing.T) {
	environment(t, "TYG_DESCRIBE=1", "TABLE=Chat", "TYG_NATS_URL=nats://127.0.0.1:1",
		"AWS_LAMBDA_RUNTIME_API=x")
	if shared(t) {
		t.Error("a described program has storage")
	}
}

func startNATS(t *testing.T) (url string) {
	t.Helper()
	server, err := natsd.Start(natsd.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Shutdown() })
	return server.URL()
}

func TestProcessesShareNATS(t *testing.T) {
	environment(t, "TYG_NATS_URL="+startNATS(t))
	if !shared(t) {
		t.Error("two processes of one program have two buckets")
	}
	t.Setenv("TYG_NATS_BUCKET", "another")
	if _, err := open(t).Get(t.Context(), "a"); err == nil {
		t.Error("another bucket has the members of the first")
	}
}

func TestProcessesShareTable(t *testing.T) {
	url := dynamotest.Start(t, "Chat")
	for name, variables := range map[string][]string{
		"endpoint of all services": {"AWS_ENDPOINT_URL=" + url},
		"endpoint of DynamoDB": {
			"AWS_ENDPOINT_URL_DYNAMODB=" + url, "AWS_ENDPOINT_URL=http://127.0.0.1:1",
		},
		"TABLE before NATS": {"AWS_ENDPOINT_URL=" + url, "TYG_NATS_URL=nats://127.0.0.1:1"},
		"in a function": {
			"AWS_ENDPOINT_URL=" + url, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1",
			"AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=s",
			"AWS_SESSION_TOKEN=t",
		},
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, append(variables, "TABLE=Chat")...)
			if !shared(t) {
				t.Error("two processes do not share the table")
			}
		})
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	aws := []string{"TABLE=Chat", "AWS_REGION=eu-central-1"}
	for _, tt := range []struct {
		name      string
		variables []string
		want      string
	}{
		{"function", []string{"AWS_LAMBDA_RUNTIME_API=x"}, "set TABLE"},
		{"region", []string{"TABLE=Chat", "AWS_ACCESS_KEY_ID=a"}, "AWS_REGION is not set"},
		{"keys", aws, "export-credentials"},
		{"half the keys", append(aws, "AWS_ACCESS_KEY_ID=a"), "AWS_SECRET_ACCESS_KEY"},
		{"endpoint", append(aws, "AWS_ENDPOINT_URL=localhost:1", "AWS_ACCESS_KEY_ID=a",
			"AWS_SECRET_ACCESS_KEY=s"), "http://127.0.0.1"},
		{"no server", []string{"TYG_NATS_URL=nats://u:secret@127.0.0.1:1"}, "TYG_NATS_URL"},
		{"clear", []string{"TYG_NATS_URL=nats://u:secret@example.com"}, "tls://"},
		{"bucket", []string{"TYG_NATS_URL=nats://127.0.0.1:1", "TYG_NATS_BUCKET=a.b"}, "a.b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, tt.variables...)
			_, err := storage.OpenWithAll(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want it to say %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the password is in the error %q", err)
			}
		})
	}
}

// TestTagsChooseStorage checks what is compiled: a program downloads and links only the storage
// that it asks for.
func TestTagsChooseStorage(t *testing.T) {
	for _, tt := range []struct {
		tags           string
		dynamoDB, nats bool
	}{
		{"", false, false},
		{"tyg.dynamo", true, false},
		{"tyg.lambda", true, false},
		{"tyg.nats", false, true},
		{"tyg.nats,tyg.lambda", true, true},
	} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", tt.tags, ".").
			Output()
		if err != nil {
			t.Fatal(err)
		}
		deps := string(out)
		if got := strings.Contains(deps, "github.com/nats-io/nats.go\n"); got != tt.nats {
			t.Errorf("with tags %q, NATS is compiled: %v", tt.tags, got)
		}
		if got := strings.Contains(deps, "github.com/aws/"); got != tt.dynamoDB {
			t.Errorf("with tags %q, the AWS SDK is compiled: %v", tt.tags, got)
		}
	}
}
