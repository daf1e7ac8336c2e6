package local

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/dynamodb"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// A Table is a DynamoDB table that the functions of a project use.
type Table struct {
	Name    string
	Request []byte // the JSON of DynamoDB's CreateTable
	TTL     string // the attribute that ends items, if there is one
}

// The words that [Config.DynamoDB] may have in place of a URL.
const (
	InMemory = "memory" // tables are in this process, and end with it
	OnAWS    = "aws"    // tables are those of the developer's account
)

// dynamoVariable names an engine to SDKs.
const dynamoVariable = "AWS_ENDPOINT_URL_DYNAMODB"

// CheckDynamoDB reports a value that [Config.DynamoDB] cannot have.
func CheckDynamoDB(where string) error {
	if where == "" || where == InMemory || where == OnAWS {
		return nil
	}
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New(`want the URL of an engine, such as http://127.0.0.1:8001, "memory" or "aws"`)
	}
	if strings.HasSuffix(u.Hostname(), ".amazonaws.com") {
		return errors.New(`tyg makes no tables on AWS; use "aws", and tables that are there`)
	}
	return nil
}

// tables are where the tables of a project are.
type tables struct {
	engine   *dynamodb.Server // in this process; nil: elsewhere
	endpoint string           // of an engine elsewhere; empty: AWS
}

// openTables decides where tables are. Calls of DynamoDB stay here if the project has tables of its
// own and the developer has named no other place.
func openTables(cfg Config, p Plan) (tables, error) {
	where := cmp.Or(cfg.DynamoDB, first(cfg.Environ, dynamoVariable))
	if where == "" && (len(p.Tables) > 0 || p.UsesTables) {
		where = InMemory
	}
	switch where {
	case "", OnAWS:
		return tables{}, nil
	case InMemory:
		return tables{engine: new(dynamodb.Server)}, nil
	}
	if err := CheckDynamoDB(where); err != nil {
		return tables{}, fmt.Errorf("%s=%s: %w", dynamoVariable, where, err)
	}
	return tables{endpoint: where}, nil
}

// environ returns the variables by which functions find the tables, whose engine in this process
// answers at an address.
func (t tables) environ(address string) []string {
	switch {
	case t.engine != nil:
		return []string{
			dynamoVariable + "=http://" + address, dynamoVariable + "_STREAMS=http://" + address,
		}
	case t.endpoint != "":
		return []string{dynamoVariable + "=" + t.endpoint}
	}
	return nil
}

// serves reports whether a request is one for the engine in this process, which answers programs on
// this machine.
func (t tables) serves(r *http.Request) bool {
	return t.engine != nil && dynamodb.Is(r) && sigv4.IsLocal(r)
}

// make makes the tables that are missing.
func (t tables) make(ctx context.Context, list []Table) error {
	for _, one := range list {
		var err error
		switch {
		case t.engine != nil:
			err = t.engine.CreateTable(one.Request)
		case t.endpoint != "":
			err = t.call(ctx, "CreateTable", one.Request)
		}
		if err != nil {
			return fmt.Errorf("make table %s: %w", one.Name, err)
		}
	}
	return nil
}

// callTime bounds a call of an engine elsewhere.
const callTime = 10 * time.Second

// call makes a call of an engine elsewhere. It is no error if a table exists.
func (t tables) call(ctx context.Context, operation string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	// Engines on a developer's machine take any key.
	key := sigv4.Credentials{AccessKeyID: "tyg", SecretAccessKey: "tyg"}
	sigv4.Sign(r, body, key, "us-east-1", "dynamodb", time.Now())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err == nil && resp.StatusCode != http.StatusOK &&
		!bytes.Contains(text, []byte("ResourceInUseException")) {
		err = fmt.Errorf("%s answers %s: %s", t.endpoint, resp.Status, text)
	}
	return err
}

// notes say where tables are.
func (t tables) notes(p Plan, address string) []string {
	var names []string
	for _, one := range p.Tables {
		names = append(names, one.Name)
	}
	what := strings.Join(names, ", ")
	switch {
	case t.engine != nil && what == "":
		return []string{"calls of DynamoDB stay here: tables are in memory, at http://" + address +
			", and end with tyg local; make them there, or use --dynamodb-endpoint aws or that of an engine"}
	case t.engine != nil:
		return []string{"DynamoDB is in memory, at http://" + address + ", and ends with tyg local: " +
			what + "; --dynamodb-endpoint names an engine that keeps it"}
	case what == "":
		return nil
	case t.endpoint != "":
		return []string{"the tables are at " + t.endpoint + ": " + what}
	}
	return []string{"the tables are those of AWS, with your credentials: " + what}
}
