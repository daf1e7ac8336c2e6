package inspect

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A message is what the page asks to send.
type message struct {
	Conn   tyg.ConnID `json:"conn"`
	Client int        `json:"client"`
	Text   string     `json:"text"`
	Base64 string     `json:"base64"` // in place of Text: a binary message
}

func (m message) data() ([]byte, tyg.MessageType, error) {
	if m.Base64 == "" {
		return []byte(m.Text), tyg.Text, nil
	}
	data, err := base64.StdEncoding.DecodeString(m.Base64)
	if err != nil {
		return nil, 0, fmt.Errorf("the message is no base64: %w", err)
	}
	return data, tyg.Binary, nil
}

// serveSend sends a message to the client of a connection.
func (i *Inspector) serveSend(w http.ResponseWriter, r *http.Request) error {
	var m message
	if err := readBody(w, r, &m); err != nil {
		return err
	}
	data, kind, err := m.data()
	if err == nil {
		err = i.cfg.Gateway.Send(r.Context(), m.Conn, data, kind)
	}
	return done(w, err)
}

// done answers a call that returns nothing.
func done(w http.ResponseWriter, err error) error {
	if errors.Is(err, tyg.ErrGone) {
		return failure{http.StatusGone, "the connection is gone"}
	}
	if err == nil {
		writeJSON(w, http.StatusOK, struct{}{})
	}
	return err
}

// serveClose closes a connection.
func (i *Inspector) serveClose(w http.ResponseWriter, r *http.Request) error {
	var c struct {
		Conn   tyg.ConnID    `json:"conn"`
		Code   tyg.CloseCode `json:"code"`
		Reason string        `json:"reason"`
	}
	if err := readBody(w, r, &c); err != nil {
		return err
	}
	code := cmp.Or(c.Code, ws.CloseNormal)
	return done(w, i.cfg.Gateway.CloseWith(r.Context(), c.Conn, code, c.Reason))
}

// serveClear removes all lines.
func (i *Inspector) serveClear(w http.ResponseWriter, _ *http.Request) error {
	i.timeline.clear()
	return done(w, nil)
}

// clients are the connections that pages have opened to the gateway.
type clients struct {
	mu      sync.Mutex
	last    int
	open    map[int]*wsclient.Conn
	numbers map[string]int // by User-Agent
}

const maxClients = 20

// agent begins the User-Agent of clients of a page.
const agent = "tyg-inspector/"

// number returns the number of the client with this User-Agent, 0 if there is none.
func (c *clients) number(userAgent string) int {
	if !strings.HasPrefix(userAgent, agent) {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.numbers[userAgent]
}

func (c *clients) add(conn *wsclient.Conn, userAgent string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open, c.numbers = make(map[int]*wsclient.Conn), make(map[string]int)
	}
	c.last++
	c.open[c.last], c.numbers[userAgent] = conn, c.last
	return c.last
}

func (c *clients) get(number int) *wsclient.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[number]
}

func (c *clients) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

func (c *clients) remove(number int, userAgent string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, number)
	delete(c.numbers, userAgent)
}

func (c *clients) closeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.open {
		_ = conn.CloseNow()
	}
}

// dialTime bounds the handshake of a client.
const dialTime = 35 * time.Second

// serveOpenClient opens a WebSocket to the gateway, which stays open until the client is closed.
// What it receives is in the timeline, as what any other client does.
func (i *Inspector) serveOpenClient(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Query        string `json:"query"`
		Headers      string `json:"headers"` // lines
		Subprotocols string `json:"subprotocols"`
	}
	if err := readBody(w, r, &in); err != nil {
		return err
	}
	if i.clients.count() >= maxClients {
		return failure{http.StatusServiceUnavailable, "too many clients of this page are open"}
	}
	u, err := url.Parse(i.cfg.URL)
	if err != nil {
		return err
	}
	u.RawQuery = strings.TrimPrefix(in.Query, "?")
	header, err := parseHeaders(in.Headers)
	if err != nil {
		return err
	}
	name := agent + rand.Text()[:12]
	header.Set("User-Agent", name)
	ctx, cancel := context.WithTimeout(r.Context(), dialTime)
	defer cancel()
	conn, _, err := wsclient.Dial(ctx, u.String(), &wsclient.Options{
		Header: header, MaxMessage: 64 << 20, MaxFrame: apigw.MaxFrame,
		Subprotocols: strings.Fields(strings.ReplaceAll(in.Subprotocols, ",", " ")),
		TLS:          &tls.Config{InsecureSkipVerify: true}, // it is the gateway of this process
	})
	if err != nil {
		if bad, ok := errors.AsType[*wsclient.RefusedError](err); ok {
			return failure{http.StatusBadGateway, bad.Error()}
		}
		return failure{http.StatusBadGateway, err.Error()}
	}
	number := i.clients.add(conn, name)
	go func() { // ends with the connection, at the latest with Close
		defer i.clients.remove(number, name)
		defer conn.CloseNow()
		for {
			if _, _, err := conn.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	writeJSON(w, http.StatusOK, map[string]any{"client": number, "conn": i.connOf(name)})
	return nil
}

// connOf returns the connection of the client with this User-Agent, if it is still open.
func (i *Inspector) connOf(userAgent string) tyg.ConnID {
	list, _ := i.cfg.Gateway.ConnStates(1000)
	for _, st := range list {
		if st.Conn.UserAgent == userAgent {
			return st.Conn.ID
		}
	}
	return ""
}

func parseHeaders(lines string) (http.Header, error) {
	text := strings.TrimSpace(strings.ReplaceAll(lines, "\r", ""))
	if text == "" {
		return make(http.Header), nil
	}
	h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(text + "\n\n"))).ReadMIMEHeader()
	if err != nil {
		return nil, errors.New("headers: write one on each line, such as Authorization: Bearer abc")
	}
	return http.Header(h), nil
}

// serveSendAsClient has a client of a page send a message.
func (i *Inspector) serveSendAsClient(w http.ResponseWriter, r *http.Request) error {
	var m message
	if err := readBody(w, r, &m); err != nil {
		return err
	}
	conn := i.clients.get(m.Client)
	if conn == nil {
		return failure{http.StatusGone, "the client is not connected any more"}
	}
	data, kind, err := m.data()
	if err != nil {
		return err
	}
	op := ws.OpText
	if kind == tyg.Binary {
		op = ws.OpBinary
	}
	return done(w, conn.Write(r.Context(), op, data))
}

// serveCloseClient has a client of a page close its connection.
func (i *Inspector) serveCloseClient(w http.ResponseWriter, r *http.Request) error {
	var m message
	if err := readBody(w, r, &m); err != nil {
		return err
	}
	conn := i.clients.get(m.Client)
	if conn == nil {
		return failure{http.StatusGone, "the client is not connected any more"}
	}
	return done(w, conn.Close(ws.CloseNormal, ""))
}
