package ledgerfile

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
)

const (
	// SweepTime is how long [File.Begin] waits at most.
	SweepTime = time.Minute

	sweepers    = 64 // handlers that run at the same time
	maxTries    = 3  // of a handler that fails
	tryAfter    = time.Second
	handlerTime = 29 * time.Second
)

// Begin does what Sweep does. It returns when all are told, but after [SweepTime] at the latest:
// then Sweep goes on until all are told or Close is called.
func (f *File) Begin(ctx context.Context, srv *gateway.Server) {
	f.begin(ctx, srv, SweepTime)
}

func (f *File) begin(ctx context.Context, srv *gateway.Server, limit time.Duration) {
	done := make(chan struct{})
	f.ended.Go(func() { // Close ends it, and waits for it
		defer close(done)
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		defer context.AfterFunc(f.life, cancel)()
		f.Sweep(ctx, srv)
	})
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-done:
	case <-ctx.Done():
	case <-t.C:
		f.log.Warn("clients may connect now; the handlers of connections of a process that was killed "+
			"go on", "after", limit)
	}
}

// Sweep tells srv's application, which is started, of the connections that a process before has
// left: first of the groups that they leave, and then of their disconnects. Each is forgotten when
// its handler has returned, or has failed three times. It returns when all are told, or soon after
// ctx ends; then the rest is told at the next start.
func (f *File) Sweep(ctx context.Context, srv *gateway.Server) {
	g, ok := srv.Handler.(*guard)
	left := f.left()
	if !ok {
		for _, id := range left { // of an application that wanted to know
			f.End(id)
		}
		return
	}
	if len(left) == 0 {
		return
	}
	f.log.Info("telling of the connections of a process that was killed", "connections", len(left))
	host := tyg.Host(srv)
	if srv.Host != nil {
		host = srv.Host
	}
	s := &sweep{f, g.next, tyg.Bound(g.next, host)}
	if g.handled.Leave {
		eachOf(ctx, left, s.leaves)
	}
	eachOf(ctx, left, func(ctx context.Context, id tyg.ConnID) {
		if !has(g.handled, tyg.RouteDisconnect) || s.disconnect(ctx, id) {
			f.End(id)
		}
	})
}

// eachOf calls do with each id, several at the same time, until ctx ends.
func eachOf(ctx context.Context, ids []tyg.ConnID, do func(context.Context, tyg.ConnID)) {
	var all sync.WaitGroup
	next := make(chan tyg.ConnID)
	for range min(sweepers, len(ids)) {
		all.Go(func() { // ends with next
			for id := range next {
				do(ctx, id)
			}
		})
	}
	for _, id := range ids {
		if ctx.Err() != nil {
			break
		}
		next <- id
	}
	close(next)
	all.Wait()
}

// A sweep tells an application of the connections of a process before.
type sweep struct {
	file    *File
	handler tyg.Handler
	host    tyg.Host
}

// leaves tells of the groups that a connection leaves.
func (s *sweep) leaves(ctx context.Context, id tyg.ConnID) {
	for _, c := range s.file.membersOf(id) {
		if s.tell(ctx, c.Member.Leave(s.host)) {
			s.file.Leave(c.Member.Group, id)
		}
	}
}

// disconnect tells of the end of a connection. It reports whether that is done.
func (s *sweep) disconnect(ctx context.Context, id tyg.ConnID) bool {
	c, err := s.file.connOf(id)
	if err != nil {
		s.file.log.Error("a disconnect cannot be told", "conn", id, "err", err)
		return true
	}
	return s.tell(ctx, c.Conn.Disconnect(s.host))
}

// tell calls the handler with an event. It reports false if ctx has ended meanwhile: the next
// process tells it.
func (s *sweep) tell(ctx context.Context, e tyg.Event) bool {
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return false
		}
		err := s.call(ctx, e)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		s.file.log.Error("handler failed", "conn", e.Conn.ID, "event", e.Type.String(),
			"request", e.RequestID, "try", try, "err", err)
		if try == maxTries {
			return true
		}
		select {
		case <-time.After(tryAfter):
		case <-ctx.Done():
		}
	}
}

func (s *sweep) call(ctx context.Context, e tyg.Event) (err error) {
	ctx, cancel := context.WithTimeout(ctx, handlerTime)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w", &tyg.PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	e.Time = time.Now()
	_, err = s.handler.Handle(ctx, e)
	return err
}

// connOf reads the line of a connection.
func (f *File) connOf(id tyg.ConnID) (change, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.conns[id]
	if e == nil {
		return change{}, errors.New("it is over")
	}
	return f.get(e.line)
}

// membersOf reads the lines of the memberships of a connection.
func (f *File) membersOf(id tyg.ConnID) (list []change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.conns[id]
	if e == nil {
		return nil
	}
	for group, at := range e.members {
		c, err := f.get(at)
		if err != nil {
			f.log.Error("a leave cannot be told", "conn", id, "group", group, "err", err)
			continue
		}
		list = append(list, c)
	}
	return list
}
