package role

import "testing"

func TestSamePolicy(t *testing.T) {
	base := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B","c:D"],"Resource":["x"]}]}`
	tests := map[string]bool{
		`{ "Statement": {"Resource": "x", "Effect": "Allow", "Action": ["c:D", "a:B"]}, "Version": "2012-10-17" }`: true,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B","c:E"],"Resource":["x"]}]}`:        false,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["a:B","c:D"],"Resource":["x"]}]}`:         false,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["a:B","c:D"],"Resource":["x","y"]}]}`:    false,
		``: false,
	}
	for other, want := range tests {
		if got := samePolicy(base, other); got != want {
			t.Errorf("the same as %s: %v", other, got)
		}
	}
}
