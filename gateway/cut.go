package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg"
)

// A cut is why a connection, or a socket before its handshake, has ended. Each has a count in
// Stats.Closed, and all that are worth it a line in the log, see level.
type cut uint8

const (
	byClient cut = iota
	byApplication
	lost
	atIdle
	atLife
	atMessage
	atPing
	atWrite
	slowConsumer
	atHandler
	protocolError
	atClose
	atShutdown
	atHandshake
	largeHead
	badRequest
	atBody
	atTLS
	atInflate
	atMemory
	atExit
	atCrowd
	acceptFailed
	cuts // how many there are
)

// reasonNames are the names of cuts in Stats.Closed and in the log. docs/self-hosting.md explains
// them.
func reasonNames() [cuts]string {
	return [cuts]string{
		byClient: "client", byApplication: "application", lost: "lost",
		atIdle: "idle", atLife: "life", atMessage: "message-timeout", atPing: "ping-timeout",
		atWrite: "write-timeout", slowConsumer: "slow-consumer", atHandler: "handler-timeout",
		protocolError: "protocol-error", atClose: "close-timeout", atShutdown: "shutdown",
		atHandshake: "handshake-timeout", largeHead: "head-too-large", badRequest: "bad-request",
		atBody: "body-timeout", atTLS: "tls-failed", atInflate: "compression", atMemory: "memory",
		atExit: "handler-exit", atCrowd: "too-many-sockets", acceptFailed: "accept-failed",
	}
}

// String returns the name.
func (c cut) String() string { return reasonNames()[c] }

// level returns the level of the line of a cut. Ends that API Gateway's limits bring to every
// connection are not worth a warning.
func (c cut) level() slog.Level {
	switch c {
	case byClient, byApplication, lost, atShutdown:
		return slog.LevelDebug
	case atIdle, atLife, protocolError, badRequest:
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// How many lines of one kind go to the log in a window. The rest is counted in the next line, or
// by the sweep.
const (
	linesPerWindow = 10
	lineWindow     = 10 * time.Second
	stackWindow    = time.Minute
)

// closed counts the cuts.
type closed [cuts]atomic.Int64

// byReason returns the counts by name.
func (c *closed) byReason() map[string]int64 {
	all := make(map[string]int64, len(c))
	for i, name := range reasonNames() {
		all[name] = c[i].Load()
	}
	return all
}

// noteCut counts a cut, and logs it.
func (s *Server) noteCut(why cut, attrs ...any) {
	s.closed[why].Add(1)
	if s.logs(why) {
		s.logCut(why, attrs...)
	}
}

// noteEnd is noteCut of a connection, which makes nothing for a line that is not logged.
func (s *Server) noteEnd(why cut, id tyg.ConnID, end tyg.Disconnect) {
	s.closed[why].Add(1)
	if s.logs(why) {
		s.logCut(why, "conn", id, "code", end.Code, "text", end.Reason)
	}
}

// logs reports whether lines about a cut are logged.
func (s *Server) logs(why cut) bool { return s.log.Enabled(context.Background(), why.level()) }

func (s *Server) logCut(why cut, attrs ...any) {
	text := "connection cut"
	if why == protocolError {
		text = "client broke the protocol"
	}
	s.logLimited(why.level(), text, why.String(), append([]any{"reason", why}, attrs...))
}

// logLimited logs a line of a kind, unless there were many lately.
func (s *Server) logLimited(level slog.Level, text, kind string, attrs []any) {
	ok, left := s.lines.Allow(kind, time.Now())
	if !ok {
		return
	}
	if left > 0 {
		attrs = append(attrs, "more", left)
	}
	s.log.Log(context.Background(), level, text, attrs...)
}

// flushLog logs what logLimited has left out.
func (s *Server) flushLog(now time.Time) {
	s.lines.Flush(now, func(kind string, left int64) {
		s.log.Warn("log lines left out", "kind", kind, "lines", left)
	})
	if n := s.access.Lost(); n > s.accessLost {
		s.log.Warn("access log lines lost; is its disk full, or its reader stuck?",
			"lines", n-s.accessLost)
		s.accessLost = n
	}
}

// writeCut returns the cut that the error of a write means.
func writeCut(err error) cut {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return atWrite
	}
	return lost
}

// stackOnce returns the stack of a panic, or "" if it was returned within the last minute for the
// same place: a broken handler that every message reaches would fill a disk.
func (s *Server) stackOnce(stack []byte) string {
	ok, left := s.stacks.Allow(placeOf(string(stack)), time.Now())
	switch {
	case !ok:
		return ""
	case left > 0:
		return fmt.Sprintf("%s\n(left out %d times since it was logged last)", stack, left)
	}
	return string(stack)
}

// placeOf returns the line of a stack on which a panic happened: the second one after the call of
// panic, with the file.
func placeOf(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") && i+3 < len(lines) {
			place, _, _ := strings.Cut(strings.TrimSpace(lines[i+3]), " +0x")
			return place
		}
	}
	return ""
}
