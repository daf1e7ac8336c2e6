package natsd_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"testing"

	"github.com/tyg-dev/tyg/internal/natsd"
)

func TestServeRunsUntilItsInputEnds(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	in, parent := io.Pipe()
	child, out := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- natsd.Serve(natsd.Config{}, in, out) }() // ends with parent
	line, err := bufio.NewReader(child).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	u := parse(t, line[:len(line)-1])
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	_ = parent.Close()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := net.Dial("tcp", u.Host); err == nil {
		t.Error("it listens after its input has ended")
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
