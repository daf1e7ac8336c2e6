// Package home is the page that a browser gets at "/" of a server that has no pages: it says what
// the server is and where its WebSocket is.
package home

import (
	"cmp"
	"crypto/sha256"
	_ "embed" // style.css
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/hosts"
)

// Wants reports whether a request is that of a browser whose user has typed the address of the
// server: a GET of "/" that accepts HTML and is no handshake. Clients of APIs ask for JSON or for
// anything, and get what API Gateway answers.
func Wants(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.URL.Path != "/" {
		return false
	}
	return r.Header.Get("Upgrade") == "" && acceptsHTML(r.Header.Values("Accept"))
}

// acceptsHTML reports whether Accept names HTML itself, and not only all types (RFC 9110 section
// 12.5.1).
func acceptsHTML(values []string) bool {
	for item := range strings.SplitSeq(strings.Join(values, ","), ",") {
		kind, _, _ := strings.Cut(item, ";")
		if strings.EqualFold(strings.TrimSpace(kind), "text/html") {
			return true
		}
	}
	return false
}

// A Page is the page of one server.
type Page struct {
	// Name is the name of the application. It may be empty.
	Name string

	// Stage is the first part of the path of the WebSocket.
	Stage string

	// Inspector is the URL of the inspector without its token, or empty. Only browsers on this machine
	// see it.
	Inspector string
}

var _ http.Handler = Page{}

// style is the whole style. The page's policy allows it by its hash.
//
//go:embed style.css
var style string

// markup has words in capitals in place of text.
const markup = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>TITLE</title>
<link rel="icon" href="data:,">
<style>STYLE</style>
<main>
<h1>TITLE</h1>
<p>This server is for WebSocket clients. They connect to:</p>
<p><code>ADDRESS</code></p>
<p>Try it in a terminal:</p>
<p><code>tyg connect ADDRESS</code></p>
LINK</main>
</html>
`

// link is there for browsers on this machine.
const link = `<p><a href="INSPECTOR" rel="noreferrer">See what happens</a> in the inspector. ` +
	"The server has printed its address with the token that it asks for.</p>\n"

// ServeHTTP serves the page.
func (p Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scheme := "ws://"
	if r.TLS != nil {
		scheme = "wss://"
	}
	inspector := ""
	if p.Inspector != "" && onThisMachine(r) {
		inspector = strings.ReplaceAll(link, "INSPECTOR", html.EscapeString(p.Inspector))
	}
	body := strings.NewReplacer(
		"STYLE", style,
		"TITLE", html.EscapeString(cmp.Or(p.Name, "A WebSocket server")),
		"ADDRESS", html.EscapeString(scheme+r.Host+"/"+p.Stage+"/"),
		"LINK", inspector,
	).Replace(markup)
	sum := sha256.Sum256([]byte(style))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src data:; style-src 'sha256-"+
		base64.StdEncoding.EncodeToString(sum[:])+"'; base-uri 'none'; form-action 'none'; "+
		"frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, body) // a browser that has gone needs no answer
	}
}

// onThisMachine reports whether a browser on this machine has asked for a name of this machine, and
// no proxy has passed it on.
func onThisMachine(r *http.Request) bool {
	return !hosts.IsProxied(r.Header) && hosts.IsLoopback(r.RemoteAddr) && hosts.IsLoopback(r.Host)
}
