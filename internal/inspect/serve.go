package inspect

import (
	"crypto/subtle"
	"embed"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/hosts"
	"github.com/tyg-dev/tyg/internal/pages"
)

//go:embed page
var files embed.FS

// policy lets the page load its own files and nothing else. Trusted Types make Chromium refuse any
// way to turn text into markup, of which the page has none.
// (https://w3c.github.io/trusted-types/dist/spec/)
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// routes makes the mux.
func (i *Inspector) routes() {
	page, err := fs.Sub(files, "page")
	if err != nil {
		panic("tyg: " + err.Error()) // the path is a constant
	}
	i.mux = http.NewServeMux()
	i.mux.Handle("GET /", pages.Handler(page))
	api := func(pattern string, f func(http.ResponseWriter, *http.Request) error) {
		i.mux.Handle(pattern, i.guard(f))
	}
	api("GET /api/events", i.serveEvents)
	api("GET /api/record", i.serveRecording)
	api("POST /api/send", i.serveSend)
	api("POST /api/close", i.serveClose)
	api("POST /api/clear", i.serveClear)
	api("POST /api/clients/open", i.serveOpenClient)
	api("POST /api/clients/send", i.serveSendAsClient)
	api("POST /api/clients/close", i.serveCloseClient)
}

// ServeHTTP serves the page at "/", and its API below it, which needs the token. Mount it elsewhere
// with http.StripPrefix.
//
// The page has the token from the fragment of its URL, which browsers send to no server. It goes
// into a header, so no other page can use it: neither a form, nor a link, nor a script of a name
// that points here by now.
func (i *Inspector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if i.cfg.Local && !hosts.IsLoopback(r.Host) {
		http.Error(w, "the inspector is at localhost only, and the request is for another host",
			http.StatusForbidden)
		return
	}
	i.mux.ServeHTTP(w, r)
}

// A failure is an error for the viewer.
type failure struct {
	status int
	text   string
}

func (f failure) Error() string { return f.text }

// guard returns a handler that calls f for those who know the token.
func (i *Inspector) guard(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		err := i.check(r)
		if err == nil {
			err = f(w, r)
		}
		if err == nil {
			return
		}
		status := http.StatusBadRequest
		if bad, ok := errors.AsType[failure](err); ok {
			status = bad.status
		}
		writeJSON(w, status, map[string]string{"error": err.Error()})
	})
}

// check reports why a request is refused.
func (i *Inspector) check(r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return failure{http.StatusForbidden, "another site may not use the inspector"}
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return failure{http.StatusForbidden, "another origin may not use the inspector"}
		}
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	same := subtle.ConstantTimeCompare([]byte(token), []byte(i.cfg.Token)) == 1
	if !ok || i.cfg.Token == "" || !same {
		return failure{http.StatusUnauthorized, "the token is missing or wrong: open the URL that " +
			"the server has printed, with the part behind #"}
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, _ := json.Marshal(v) // only types of this package
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // a viewer that has gone needs no answer
}

// maxBody is how long the body of a call may be, in bytes: a message of any size with its escapes.
const maxBody = 16 << 20

// readBody decodes the JSON body of a call.
func readBody(w http.ResponseWriter, r *http.Request, to any) error {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if kind != "application/json" {
		return failure{http.StatusUnsupportedMediaType, "the body must be application/json"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		err = json.Unmarshal(body, to)
	}
	return err
}

// writeTime is how long a viewer may take to receive what is sent to it.
const writeTime = 10 * time.Second

// A stream is a response that goes on and on.
type stream struct {
	w    http.ResponseWriter
	ctrl *http.ResponseController
}

func newStream(w http.ResponseWriter) stream {
	s := stream{w, http.NewResponseController(w)}
	// The server's own limits are for requests that end soon. Fails where there is no socket.
	_ = s.ctrl.SetReadDeadline(time.Time{})
	return s
}

// Write sends b at once.
func (s stream) Write(b []byte) (int, error) {
	_ = s.ctrl.SetWriteDeadline(time.Now().Add(writeTime))
	n, err := s.w.Write(b)
	if err == nil {
		err = s.ctrl.Flush()
	}
	return n, err
}
