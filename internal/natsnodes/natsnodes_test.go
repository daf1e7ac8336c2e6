package natsnodes_test

import (
	"slices"
	"testing"

	"github.com/tyg-dev/tyg/internal/natsnodes"
)

func TestNodeHasTheNameOfTheMachine(t *testing.T) {
	nodes := []string{"node1:6222", "node2.example.com:6222", "10.0.0.3:6222"}
	for machine, want := range map[string]string{
		"node1": nodes[0], "node1.example.com": nodes[0], "node2": nodes[1],
		"node2.example.com": nodes[1], "node3": "", "10.0.0.3": nodes[2],
	} {
		if got := natsnodes.Of(machine, nodes); got != want {
			t.Errorf("the node of %s is %q, want %q", machine, got, want)
		}
	}
}

func TestAddressesHaveAPort(t *testing.T) {
	got := natsnodes.Addresses([]string{"node1", " node2:7000", "10.0.0.3", "[::1]:1", "::1"})
	want := []string{"node1:6222", "node2:7000", "10.0.0.3:6222", "[::1]:1", "::1"}
	if !slices.Equal(got, want) {
		t.Errorf("the addresses are %q, want %q", got, want)
	}
}
