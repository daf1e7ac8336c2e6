package role

import (
	"fmt"
	"testing"
)

func TestSamePolicy(t *testing.T) {
	policy := func(effect, actions, resources string) string {
		return fmt.Sprintf(`{"Version":"2012-10-17",`+
			`"Statement":[{"Effect":%q,"Action":%s,"Resource":%s}]}`, effect, actions, resources)
	}
	base := policy("Allow", `["a:B","c:D"]`, `["x"]`)
	tests := map[string]bool{
		`{ "Statement": {"Resource": "x", "Effect": "Allow", "Action": ["c:D", "a:B"]},
			"Version": "2012-10-17" }`: true,
		policy("Allow", `["a:B","c:E"]`, `["x"]`):     false,
		policy("Deny", `["a:B","c:D"]`, `["x"]`):      false,
		policy("Allow", `["a:B","c:D"]`, `["x","y"]`): false,
		``: false,
	}
	for other, want := range tests {
		if got := samePolicy(base, other); got != want {
			t.Errorf("the same as %s: %v", other, got)
		}
	}
}
