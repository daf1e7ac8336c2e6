package conformance_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/conformance"
	"github.com/tyg-dev/tyg/internal/testprogram"
)

// buildProbe builds the program examples/probe.
func buildProbe(t *testing.T) string {
	t.Helper()
	return testprogram.Build(t, t.TempDir(), "../../examples/probe")
}

// startProbes starts the program three times.
func startProbes(t *testing.T, program string) conformance.Target {
	return conformance.Target{
		Endpoint: conformance.Endpoint{URL: startProbe(t, program)},
		Bare:     startProbe(t, program, "PROBE_VARIANT=bare"),
		Timed: conformance.Endpoint{URL: startProbe(t, program,
			fmt.Sprint("TYG_TIME_SCALE=", timeScale))},
		TimeScale:   timeScale,
		Credentials: credentials(),
	}
}

// startProbe starts the program until the test ends, and returns its URL.
func startProbe(t *testing.T, program string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "-addr", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), append(env, "TYG_ACCESS_KEY_ID="+credentials().AccessKeyID,
		"TYG_SECRET_ACCESS_KEY="+credentials().SecretAccessKey)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context, which has ended, has killed it
	line, err := bufio.NewReader(stdout).ReadString('\n')
	_, url, ok := strings.Cut(line, " on ")
	if err != nil || !ok {
		t.Fatalf("probe says %q, %v", line, err)
	}
	return strings.TrimSpace(url)
}
