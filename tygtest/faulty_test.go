package tygtest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/tygtest"
)

// start starts a host that has the fault.
func (f fault) start(t *testing.T, h tyg.Handler) tygtest.Subject {
	if f.events != nil || f.handle != nil {
		h = faultyHandler{h, f}
	}
	s := startHost(t, h)
	dial := s.Dial
	s.Dial = func(ctx context.Context, d tygtest.Dial) (tygtest.Socket, error) {
		socket, err := dial(ctx, d)
		if f.dial != nil {
			err = f.dial(err)
		}
		return faultySocket{socket, f}, err
	}
	s.Sender = faultySender{s.Sender, f}
	return s
}

type faultyHandler struct {
	tyg.Handler
	fault fault
}

func (h faultyHandler) Handle(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
	if h.fault.events != nil {
		h.fault.events(&e)
	}
	handle := h.Handler.Handle
	if h.fault.handle != nil {
		handle = h.fault.handle(handle)
	}
	return handle(ctx, e)
}

// Describe describes the wrapped handler, and Bind binds it.
func (h faultyHandler) Describe() tyg.Description { return tyg.Describe(h.Handler) }

func (h faultyHandler) Bind(host tyg.Host) { tyg.Bind(h.Handler, host) }

type faultySocket struct {
	tygtest.Socket
	fault fault
}

func (s faultySocket) Read(ctx context.Context) (tyg.MessageType, string, error) {
	kind, text, err := s.Socket.Read(ctx)
	if s.fault.kind != nil {
		kind = s.fault.kind(kind, text)
	}
	if s.fault.read != nil {
		text, err = s.fault.read(text, err)
	}
	return kind, text, err
}

type faultySender struct {
	tyg.Sender
	fault fault
}

func (s faultySender) Send(
	ctx context.Context, id tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	if s.fault.send != nil {
		return s.fault.send(s.Sender, id, data)
	}
	return s.Sender.Send(ctx, id, data, opts...)
}

func (s faultySender) SendMany(
	ctx context.Context, ids []tyg.ConnID, data []byte, opts ...tyg.SendOption,
) error {
	if s.fault.many != nil {
		return s.fault.many(s.Sender, ids, data)
	}
	return s.Sender.SendMany(ctx, ids, data, opts...)
}

func (s faultySender) Info(ctx context.Context, id tyg.ConnID) (tyg.Info, error) {
	info, err := s.Sender.Info(ctx, id)
	if s.fault.info != nil {
		s.fault.info(&info)
	}
	return info, err
}

// faultVariable is the environment variable with the fault of a child process.
const faultVariable = "TYGTEST_FAULT"

// TestFaultySubject is the test that the child processes of TestSuitesNoticeFaults run. The parent
// has no fault, and it passes.
func TestFaultySubject(t *testing.T) {
	f := faults()[os.Getenv(faultVariable)]
	t.Run("host", func(t *testing.T) { tygtest.TestHost(t, f.start) })
	t.Run("sender", func(t *testing.T) { tygtest.TestSender(t, f.start) })
}

func TestSuitesNoticeFaults(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			only := "-test.run=^TestFaultySubject$/^(host|sender)$/./^" + f.notice + "$"
			cmd := exec.CommandContext(t.Context(), self, only)
			cmd.Env = append(os.Environ(), faultVariable+"="+name)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Errorf("the suites pass; case %s should have failed", f.notice)
			}
			if !strings.Contains(string(out), "/"+f.notice) || !strings.Contains(string(out), "rule: ") {
				t.Errorf("the output lacks the case or its rule:\n%s", out)
			}
		})
	}
}
