// Package awskeys finds AWS credentials, a region and the endpoint of a service for tyg, which has
// no code of AWS's SDK: its companion tyg-aws looks, where AWS's own tools do. Where the
// environment says all, and there are no shared files that could say something else, the companion
// is not asked.
package awskeys

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/companion"
	"github.com/tyg-dev/tyg/lambda"
)

// A Query says what is looked for.
type Query struct {
	Region  string // empty: that of the environment or the shared files
	Default string // region if nothing else names one
	Service string // by its name in AWS's SDKs, such as "Lambda"
}

// An Answer is what was found, as tyg-aws prints it in JSON.
type Answer struct {
	Region   string // may be empty
	Endpoint string // of the service; empty: the usual one
	Key      *lambda.Key
	Missing  string    // why Key is nil
	Source   string    // of Key, as AWS's SDK calls it
	Expires  time.Time // zero: never
}

// Verb is the hidden verb of tyg-aws that answers.
const Verb = "credentials"

// ErrNotBuilt means that the companion would have to be built first, and was not.
var ErrNotBuilt = errors.New("tyg-aws, which looks for credentials, is not built yet")

// A Finder finds credentials. The zero Finder builds the companion if it is missing.
type Finder struct {
	Stderr io.Writer // for what a build takes; nil drops it

	// NoBuild looks in the environment only if the companion would have to be built, and fails with
	// ErrNotBuilt if there are shared files and no keys.
	NoBuild bool
}

// Find looks once.
func (f Finder) Find(ctx context.Context, q Query) (Answer, error) {
	if a, ok := fromEnvironment(q, os.Getenv); ok {
		return a, nil
	}
	program, err := f.companion(ctx)
	if a := read(q, os.Getenv); err == ErrNotBuilt && (a.Key != nil || !hasFiles(os.Getenv)) {
		return a, nil // a machine may have a role, which only the companion finds
	}
	if err != nil {
		return Answer{}, err
	}
	return ask(ctx, program, q)
}

func (f Finder) companion(ctx context.Context) (companion.Program, error) {
	finder, err := companion.NewFinder(cmp.Or(f.Stderr, io.Discard))
	if err != nil {
		return companion.Program{}, err
	}
	if !f.NoBuild {
		return finder.Find(ctx, "tyg-aws")
	}
	program, ok := finder.Ready("tyg-aws")
	if !ok {
		return program, ErrNotBuilt
	}
	return program, nil
}

// ask has the companion answer.
func ask(ctx context.Context, program companion.Program, q Query) (a Answer, err error) {
	cmd := exec.CommandContext(ctx, program.Path, Verb, "--region="+q.Region,
		"--default-region="+q.Default, "--service="+q.Service)
	cmd.Env = program.Environ()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return a, ctx.Err()
		}
		text := strings.TrimPrefix(strings.TrimSpace(stderr.String()), "tyg: ")
		return a, errors.New(cmp.Or(text, fmt.Sprintf("run %s: %v", program.Path, err)))
	}
	if err := json.Unmarshal(stdout.Bytes(), &a); err != nil {
		return a, fmt.Errorf("run %s: it has printed no credentials", program.Path)
	}
	return a, nil
}

// fromEnvironment returns what the environment says. It reports false where AWS's SDK would look
// further: without keys or region there, and if there is a shared configuration, which may name
// endpoints.
func fromEnvironment(q Query, getenv func(string) string) (Answer, bool) {
	a := read(q, getenv)
	return a, a.Key != nil && a.Region != "" && !hasFiles(getenv)
}

// read reads the environment alone.
func read(q Query, getenv func(string) string) Answer {
	key := lambda.Key{
		AccessKeyID:     cmp.Or(getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_ACCESS_KEY")),
		SecretAccessKey: cmp.Or(getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SECRET_KEY")),
		SessionToken:    getenv("AWS_SESSION_TOKEN"),
	}
	a := Answer{Region: cmp.Or(q.Region, getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"),
		q.Default)}
	if key.AccessKeyID != "" && key.SecretAccessKey != "" {
		a.Key, a.Source = &key, "the environment"
	} else {
		a.Missing = "no keys are in the environment"
	}
	if !strings.EqualFold(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		a.Endpoint = cmp.Or(getenv("AWS_ENDPOINT_URL_"+strings.ToUpper(q.Service)),
			getenv("AWS_ENDPOINT_URL"))
	}
	return a
}

// hasFiles reports whether there are shared files.
// (https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html)
func hasFiles(getenv func(string) string) bool {
	home, err := os.UserHomeDir()
	for variable, name := range map[string]string{
		"AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "credentials",
	} {
		path := getenv(variable)
		if path == "" && err == nil {
			path = filepath.Join(home, ".aws", name)
		}
		if info, err := os.Stat(path); path != "" && err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// early is how long before their end credentials are looked for anew.
const early = 5 * time.Minute

// Keep returns a provider that begins with an answer, and looks again before it expires.
func (f Finder) Keep(q Query, a Answer) lambda.CredentialsProvider { return keep(f.Find, q, a) }

func keep(
	find func(context.Context, Query) (Answer, error), q Query, a Answer,
) lambda.CredentialsProvider {
	var mu sync.Mutex // held while a companion runs: the others wait for its answer
	return lambda.CredentialsFunc(func(ctx context.Context) (lambda.Key, error) {
		mu.Lock()
		defer mu.Unlock()
		if !a.Expires.IsZero() && time.Until(a.Expires) < early {
			next, err := find(ctx, q)
			switch {
			case err == nil:
				a = next
			case time.Now().After(a.Expires):
				return lambda.Key{}, err
			}
		}
		if a.Key == nil {
			return lambda.Key{}, errors.New(a.Missing)
		}
		return *a.Key, nil
	})
}
