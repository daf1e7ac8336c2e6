package host_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/host"
	"github.com/tyg-dev/tyg/internal/testprogram"
)

// TestRunDescribes asks programs of both kinds, wherever they believe to be.
func TestRunDescribes(t *testing.T) {
	for _, tags := range []string{"", "tyg.lambda"} {
		program := testprogram.Build(t, t.TempDir(), "../examples/echo", "-tags", tags)
		cmd := exec.CommandContext(t.Context(), program, "-not-a-flag")
		cmd.Env = append(os.Environ(), host.DescribeVariable+"=1", "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("with tags %q: %v", tags, err)
		}
		var got tyg.Description
		err = json.Unmarshal([]byte(strings.TrimSpace(string(out))), &got)
		want := tyg.Description{
			Name: "echo-server", Routes: []tyg.Route{{Key: "$default"}},
			RouteSelection: tyg.DefaultRouteSelection,
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("with tags %q the program says %s, %v", tags, out, err)
		}
	}
}
