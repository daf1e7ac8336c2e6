//go:build unix

package local

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// TestChangesOfATableReachItsTrigger: a program writes into a table of the project, and another
// function of it gets the changes, of which it did not take the first at once.
func TestChangesOfATableReachItsTrigger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "app.sh"), "exec "+os.Args[0]+"\n")
	c, err := project.ParseConfig([]byte(`{"app_name": "shop", "api_gateway_stage": "api",
		"routes": {"$default": {"function": "app"}},
		"lambda_functions": {"app": {"command": ["sh", "app.sh"]},
			"changes": {"command": ["sh", "app.sh"]}},
		"tables": {"orders": {"partition_key": {"name": "id"},
			"stream_view_type": "NEW_AND_OLD_IMAGES"}},
		"triggers": {"changes": {"dynamodb": "orders"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	out, end := runConfig(t, Config{
		Name: "shop", Dir: dir, Addr: "127.0.0.1:0", Environ: append(os.Environ(), asFunction+"=1"),
		NoReload: true, Plan: func() (Plan, error) { return NewPlan(c, dir, "dev") },
	})
	url := strings.Replace(strings.Fields(out.until(`^Serving `))[3], "ws://", "http://", 1)
	out.until(`trigger changes reads the stream of table shop-dev-orders$`)
	for _, n := range []string{"1", "2"} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", strings.TrimSuffix(url, "api/"),
			strings.NewReader(fmt.Sprintf(
				`{"TableName":"shop-dev-orders","Item":{"id":{"S":"a"},"n":{"N":"%s"}}}`, n)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810.PutItem")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/dynamodb/"+
			"aws4_request, SignedHeaders=host, Signature=0")
		resp, err := http.DefaultClient.Do(r)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("put: %v, %v", resp, err)
		}
		_ = resp.Body.Close()
	}
	out.until(`trigger changes .* failed: \d of \d changes come again in 1s$`)
	out.until(`^\[changes\] INSERT a  1$`)
	out.until(`^\[changes\] MODIFY a 1 2$`)
	if err := end(); err != nil {
		t.Error(err)
	}
}
