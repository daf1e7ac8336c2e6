package awstest_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/tftest"
)

// Terraform's provider is a client with code of its own: it must find what it made, and after
// destroy the account must be empty.
func TestTerraform(t *testing.T) {
	tf := tftest.New(t)
	c := tf.AWS
	stack, err := os.ReadFile("testdata/stack.tf")
	if err != nil {
		t.Fatal(err)
	}
	tf.Write("stack.tf", stack)
	tf.Write("echo.zip", archive(t, entry{"bootstrap", 0o755, elfHead(183)}))
	tf.Init()
	tf.Apply()
	api := strings.TrimSpace(tf.Run("output", "-no-color", "-raw", "api"))
	live, err := c.Live(api, "dev")
	if err != nil || len(live.Routes) != 2 || !live.Routes["$default"].Reply ||
		live.Routes["$connect"].Authorizer == nil {
		t.Errorf("live: %+v, %v", live, err)
	}
	if !c.MayManage("echo-dev", api, "dev") {
		t.Error("the function may not manage connections")
	}
	if n := len(c.Resources()); n != 6 {
		t.Errorf("there are %d resources, want 6: %q", n, c.Resources())
	}
	more := []string{"-var=timeout=20", `-var=routes=["$connect", "$default", "report"]`}
	tf.Apply(more...)
	live, err = c.Live(api, "dev")
	if err != nil || live.Routes["report"].Function.Timeout.Seconds() != 20 {
		t.Errorf("live after a change: %+v, %v", live, err)
	}
	tf.Run(append([]string{"destroy", "-auto-approve", "-input=false", "-no-color"}, more...)...)
	if left := c.Resources(); len(left) > 0 {
		t.Errorf("after destroy there is %q", left)
	}
	for _, v := range c.Violations() {
		if !slices.Contains(known, v) {
			t.Errorf("violation: %s", v)
		}
	}
}

// known are answers that AWS gives against its own model: that a function has no code signing.
var known = []string{
	"lambda GetFunctionCodeSigningConfig: answer: Value null at 'CodeSigningConfigArn' " +
		"failed to satisfy constraint: Member must not be null",
}
