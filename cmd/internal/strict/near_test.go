package strict

import "testing"

func TestDidYouMean(t *testing.T) {
	limits := []string{"frame", "idle", "connections", "connections_per_address"}
	commands := []string{"connect", "deploy", "local", "man", "logs", "version"}
	function := []string{"lambda_timeout", "lambda_memory_size", "tags"}
	for _, test := range []struct {
		key  string
		keys []string
		want string
	}{
		{"conns", limits, "connections"},
		{"limit_conns", []string{"limit-connections"}, "limit-connections"},
		{"Frame", limits, "frame"},
		{"frames", limits, "frame"},
		{"connectionsperaddress", limits, "connections_per_address"},
		{"message", limits, ""},
		{"conect", commands, "connect"},
		{"deploi", commands, "deploy"},
		{"run", commands, ""}, // not man
		{"timeout", function, "lambda_timeout"},
		{"memory", function, "lambda_memory_size"},
		{"chta", []string{"chat"}, "chat"},
		{"", limits, ""},
		{"x", nil, ""},
	} {
		want := ""
		if test.want != "" {
			want = `; did you mean "` + test.want + `"?`
		}
		if got := DidYouMean(test.key, test.keys); got != want {
			t.Errorf("DidYouMean(%q, %q) = %q, want %q", test.key, test.keys, got, want)
		}
	}
}
