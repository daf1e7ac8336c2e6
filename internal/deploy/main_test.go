package deploy_test

import (
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often: what a deploy in these tests leaves is small.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	m.Run()
}
