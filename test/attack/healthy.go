package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// urlVariable makes this program the healthy client, which has a process of its own, for the same
// reason as the attackers.
const urlVariable = "TYG_TEST_HEALTHY_URL"

// A healthy client sends a short message at a fixed rate, and wants it back.
type healthy struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

const (
	patience = 20 * time.Second
	gap      = 2 * time.Millisecond // between two messages
	fewest   = 100                  // messages of a measurement
)

// A measured is what a healthy client has seen: in what time most answers came.
type measured struct {
	Time  time.Duration
	Error string
}

// newHealthy starts the client and connects it.
func newHealthy(url string, pin bool) (*healthy, error) {
	h := new(healthy)
	var err error
	if h.cmd, err = self(pinnedTo(pin, clientCore, urgent()), urlVariable+"="+url); err != nil {
		return nil, err
	}
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.out = json.NewDecoder(out)
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	var m measured // it says when it is connected
	if err := h.out.Decode(&m); err != nil || m.Error != "" {
		h.close()
		return nil, errors.Join(err, errors.New(m.Error))
	}
	return h, nil
}

// measure returns in what time so many of 100 answers came, or why one was wrong or did not come.
func (h *healthy) measure(d time.Duration, percent int) (time.Duration, error) {
	if _, err := fmt.Fprintln(h.in, d, percent); err != nil {
		return 0, err
	}
	var m measured
	if err := h.out.Decode(&m); err != nil {
		return 0, err
	}
	if m.Error != "" {
		return 0, errors.New(m.Error)
	}
	return m.Time, nil
}

func (h *healthy) close() {
	_ = h.in.Close() // which ends it
	_ = h.cmd.Wait() // its figures are in
}

// mainHealthy is the client, and does not return, if newHealthy has started it.
func mainHealthy() {
	url := os.Getenv(urlVariable)
	if url == "" {
		return
	}
	out := json.NewEncoder(os.Stdout)
	say := func(m measured, err error) {
		if err != nil {
			m.Error = err.Error()
		}
		_ = out.Encode(m) // fails if the driver has gone
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	conn, _, err := wsclient.Dial(ctx, url, nil)
	cancel()
	say(measured{}, err)
	a := asker{conn: conn}
	for in := bufio.NewScanner(os.Stdin); err == nil && in.Scan(); {
		length, percent, _ := strings.Cut(in.Text(), " ")
		d, err := time.ParseDuration(length)
		n, e := strconv.Atoi(percent)
		if err != nil || e != nil {
			break
		}
		t, err := a.measure(d, n)
		say(measured{Time: t}, err)
	}
	os.Exit(0)
}

// An asker asks the server.
type asker struct {
	conn *wsclient.Conn
	sent int
}

// measure asks once in each gap. The time of a message that had to wait for the answer to another
// one begins when it was due. That a timer is late is not the server's fault.
func (a *asker) measure(d time.Duration, percent int) (time.Duration, error) {
	var took []time.Duration
	for due, end := time.Now(), time.Now().Add(d); due.Before(end) || len(took) < fewest; {
		due = due.Add(gap)
		from := due
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
			from = time.Now()
		}
		if err := a.ask(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(from))
	}
	slices.Sort(took)
	return took[len(took)*percent/100], nil
}

func (a *asker) ask() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a.sent++
	want := fmt.Sprint("message ", a.sent)
	if err := a.conn.Write(ctx, ws.OpText, []byte(want)); err != nil {
		return err
	}
	_, got, err := a.conn.Read(ctx)
	if err == nil && string(got) != want {
		err = fmt.Errorf("%q came in place of %q", got, want)
	}
	return err
}
