package outbound

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"sync"
	"time"
)

const (
	dialTimeout    = 10 * time.Second // of a host on the internet, or of another proxy
	requestTimeout = 5 * time.Second  // of a request, whose body is dropped
	maxHead        = 16 << 10         // of a request, and of the answer of another proxy
)

// A proxy is an HTTP proxy for CONNECT (RFC 9110 section 9.3.6) on loopback. It wants a password,
// so that other users of this machine cannot use it.
type proxy struct {
	gateway  string                                // where calls of the API go
	isAPI    func(host string) bool                // a name of the API
	upstream func(*http.Request) (*url.URL, error) // the proxy for other calls; nil URL: none
	dial     func(context.Context, string, string) (net.Conn, error)
	listener net.Listener
	web      *http.Server
	password string
	other    *regexp.Regexp // names of all APIs
	work     sync.WaitGroup // the server and the tunnels

	elsewhere func(text string) // is told of another API; may be nil

	mu     sync.Mutex
	told   map[string]bool       // ids of other APIs
	conns  map[net.Conn]struct{} // of tunnels
	closed bool
}

func newProxy(
	gateway string, isAPI func(string) bool, upstream func(*http.Request) (*url.URL, error),
) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for calls of functions: %w", err)
	}
	p := &proxy{
		gateway: gateway, isAPI: isAPI, upstream: upstream, listener: l, password: rand.Text(),
		dial: (&net.Dialer{Timeout: dialTimeout}).DialContext, conns: make(map[net.Conn]struct{}),
		other: regexp.MustCompile(elsewhere), told: make(map[string]bool),
	}
	p.web = &http.Server{ // the tunnels have none of its limits
		Handler: p, ReadHeaderTimeout: requestTimeout, ReadTimeout: requestTimeout,
		WriteTimeout: dialTimeout + requestTimeout, IdleTimeout: time.Minute, MaxHeaderBytes: maxHead,
	}
	p.work.Go(func() { _ = p.web.Serve(l) }) // close ends it
	return p, nil
}

// url returns the URL of the proxy, with its password.
func (p *proxy) url() string {
	u := url.URL{
		Scheme: "http", Host: p.listener.Addr().String(), User: url.UserPassword("tyg", p.password),
	}
	return u.String()
}

// close ends the proxy and all tunnels.
func (p *proxy) close() error {
	err := p.web.Close()
	p.mu.Lock()
	p.closed = true
	for nc := range p.conns {
		_ = nc.Close()
	}
	p.mu.Unlock()
	p.work.Wait()
	return err
}

// ServeHTTP opens a tunnel.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodConnect:
		http.Error(w, "this proxy of tyg does CONNECT only", http.StatusMethodNotAllowed)
		return
	case !p.authorized(r):
		w.Header().Set("Proxy-Authenticate", `Basic realm="tyg"`)
		http.Error(w, "this proxy is for functions of tyg", http.StatusProxyAuthRequired)
		return
	}
	out, err := p.connect(r.Context(), r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	in, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = out.Close()
		return
	}
	if !p.add(in, out) {
		return
	}
	defer p.remove(in, out)
	if _, err := io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	var copying sync.WaitGroup
	copying.Go(func() { copyAndClose(in, out) }) // ends with the tunnel
	copyAndClose(out, io.MultiReader(io.LimitReader(buffered, int64(buffered.Reader.Buffered())), in))
	copying.Wait()
}

func (p *proxy) authorized(r *http.Request) bool {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("tyg:"+p.password))
	got := r.Header.Get("Proxy-Authorization")
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// add notes the connections of a tunnel. It returns false, and closes them, after close.
func (p *proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.work.Add(1)
	}
	for _, nc := range conns {
		if p.closed {
			_ = nc.Close()
		} else {
			p.conns[nc] = struct{}{}
		}
	}
	return !p.closed
}

func (p *proxy) remove(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, nc := range conns {
		delete(p.conns, nc)
		_ = nc.Close()
	}
	p.work.Done()
}

// copyAndClose passes bytes on until from ends, and then ends the stream of to.
func copyAndClose(to net.Conn, from io.Reader) {
	_, err := io.Copy(to, from)
	half, ok := to.(interface{ CloseWrite() error })
	if err != nil || !ok || half.CloseWrite() != nil {
		_ = to.Close()
	}
}

// connect connects to a host and port: to the gateway if they are those of the API, else as the
// environment says.
func (p *proxy) connect(ctx context.Context, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if port == "443" && p.isAPI(host) {
		return p.dial(ctx, "tcp", p.gateway)
	}
	p.tell(host)
	via, err := p.upstream(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
	if err != nil {
		return nil, fmt.Errorf("proxy of the environment: %w", err)
	}
	if via == nil {
		return p.dial(ctx, "tcp", address)
	}
	nc, err := p.connectVia(ctx, via, address)
	if err != nil {
		return nil, fmt.Errorf("proxy %s: %w", via.Redacted(), err)
	}
	return nc, nil
}

// tell tells of a call of another API, once for each.
func (p *proxy) tell(host string) {
	m := p.other.FindStringSubmatch(host)
	if m == nil || p.elsewhere == nil {
		return
	}
	p.mu.Lock()
	known := p.told[m[1]]
	p.told[m[1]] = true
	p.mu.Unlock()
	if !known {
		p.elsewhere(elsewhereText(m[1]))
	}
}

// connectVia opens a tunnel through another proxy.
func (p *proxy) connectVia(ctx context.Context, via *url.URL, address string) (net.Conn, error) {
	port := via.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[via.Scheme]
	}
	nc, err := p.dial(ctx, "tcp", net.JoinHostPort(via.Hostname(), port))
	if err != nil {
		return nil, err
	}
	if via.Scheme == "https" {
		nc = tls.Client(nc, &tls.Config{ServerName: via.Hostname()})
	}
	if err := tunnel(nc, via, address); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return nc, nil
}

// tunnel asks the proxy at the other end of nc for a tunnel.
func tunnel(nc net.Conn, via *url.URL, address string) error {
	_ = nc.SetDeadline(time.Now().Add(dialTimeout)) // a closed connection fails below
	req := &http.Request{
		Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address,
		Header: make(http.Header),
	}
	if via.User != nil {
		password, _ := via.User.Password() // it may have none
		key := base64.StdEncoding.EncodeToString([]byte(via.User.Username() + ":" + password))
		req.Header.Set("Proxy-Authorization", "Basic "+key)
	}
	if err := req.Write(nc); err != nil {
		return err
	}
	// Behind a tunnel the client speaks first, so nothing but the response is there to be read.
	in := bufio.NewReader(io.LimitReader(nc, maxHead))
	res, err := http.ReadResponse(in, req)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nc.SetDeadline(time.Time{})
}
