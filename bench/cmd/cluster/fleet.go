package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/tyg-dev/tyg/bench/internal/stat"
)

const nodeCount = 3

// A fleet is a NATS server and three nodes.
type fleet struct {
	options
	kind    string
	nats    *exec.Cmd
	monitor string
	nodes   []*node
	conns   []*client
}

// A node is a process of servers/cluster.
type node struct {
	cmd  *exec.Cmd
	name string
	addr string
	in   io.Writer
	out  *bufio.Reader
}

func (f *fleet) start(bin, dir string) error {
	ports, err := free(2 + nodeCount)
	if err != nil {
		return err
	}
	f.monitor = ports[1]
	_, natsPort, _ := net.SplitHostPort(ports[0])
	_, webPort, _ := net.SplitHostPort(ports[1])
	f.nats = exec.Command(bin+"/nats-server", "-a", "127.0.0.1", "-p", natsPort, "-m", webPort,
		"-js", "-sd", dir)
	if err := f.nats.Start(); err != nil {
		return err
	}
	if err := await(ports[0]); err != nil {
		return err
	}
	for i := range nodeCount {
		n := &node{name: fmt.Sprint("node", i), addr: ports[2+i]}
		n.cmd = exec.Command(bin+"/cluster", "-kind", f.kind, "-nats", "nats://"+ports[0],
			"-name", n.name, "-addr", n.addr, "-ping", f.ping.String())
		if i == 0 && f.profile != "" {
			n.cmd.Args = append(n.cmd.Args, "-cpuprofile", f.profile)
		}
		n.cmd.Stderr = os.Stderr
		out, err := n.cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if n.in, err = n.cmd.StdinPipe(); err != nil {
			return err
		}
		if err := n.cmd.Start(); err != nil {
			return err
		}
		n.out = bufio.NewReader(out)
		f.nodes = append(f.nodes, n)
		if _, err := n.out.ReadString('\n'); err != nil { // "up"
			return fmt.Errorf("%s did not start: %w", n.name, err)
		}
		if err := await(n.addr); err != nil {
			return err
		}
	}
	return nil
}

func free(n int) (all []string, err error) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		all = append(all, l.Addr().String())
	}
	return all, nil
}

// await waits until an address accepts connections.
func await(addr string) error {
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(end) {
			return err
		}
	}
}

// ask has a node do something and returns its answer.
func (n *node) ask(format string, args ...any) (string, error) {
	if _, err := fmt.Fprintf(n.in, format+"\n", args...); err != nil {
		return "", err
	}
	line, err := n.out.ReadString('\n')
	return strings.TrimSpace(line), err
}

// cpu returns the CPU seconds of the nodes, and of NATS, so far.
func (f *fleet) cpu() (nodes, nats float64, err error) {
	for _, n := range f.nodes {
		used, err := n.cpu()
		if err != nil {
			return 0, 0, err
		}
		nodes += used / 1e6
	}
	nats, err = stat.CPU([]int{f.nats.Process.Pid})
	return nodes, nats, err
}

// bus is what the NATS server has counted.
type bus struct {
	In  float64 `json:"in_msgs"`
	Out float64 `json:"out_msgs"`
}

func (f *fleet) bus() (b bus, err error) {
	res, err := http.Get("http://" + f.monitor + "/varz")
	if err != nil {
		return b, err
	}
	defer res.Body.Close()
	return b, json.NewDecoder(res.Body).Decode(&b)
}

func (f *fleet) close() error {
	for _, c := range f.conns {
		_ = c.Close()
	}
	var errs []error
	for _, n := range f.nodes {
		errs = append(errs, n.cmd.Process.Signal(syscall.SIGTERM)) // which completes a profile
		_ = n.cmd.Wait()                                           // it has ended
	}
	if f.nats != nil && f.nats.Process != nil {
		errs = append(errs, f.nats.Process.Kill())
		_ = f.nats.Wait() // it was killed
	}
	return errors.Join(errs...)
}
