// Package webserver makes the HTTP servers of the command that are not a gateway's own.
package webserver

import (
	"log/slog"
	"net/http"
	"time"
)

// The timeouts of every server. A handler that needs longer to answer extends that for writing, as
// the gateway and the Invoke API do.
const (
	headTime  = 5 * time.Second
	readTime  = 35 * time.Second // for head and body
	writeTime = 30 * time.Second // from the head to the end of the answer
	idleTime  = time.Minute
)

// maxHead is the length limit of a request head, in bytes: that of the gateway.
const maxHead = 16 << 10

// New returns a server for h that waits for no client without a limit.
func New(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHead,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}
