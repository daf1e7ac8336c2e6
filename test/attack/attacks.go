package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
)

// An attack has many clients, each of which does the same until stop.
type attack struct {
	name    string
	clients int
	what    string // they count
	client  func(a *attacker)
}

// An attacker is one client of an attack.
type attacker struct {
	addr  string
	stop  <-chan struct{}
	count *atomic.Int64
}

// attacks returns all attacks.
func attacks() []attack {
	repeat := func(frame []byte) func(*attacker) {
		many := []byte(strings.Repeat(string(frame), 1+8<<10/len(frame)))
		each := int64(len(many) / len(frame))
		return func(a *attacker) { a.flood(many, each) }
	}
	deflated := ws.AppendDeflated(nil, []byte(strings.Repeat("x", 128<<10)))
	bomb := frame(ws.OpText, true, string(deflated))
	bomb[0] |= 0x40 // it is compressed
	return []attack{
		{"slowloris", 1000, "half handshakes", (*attacker).slowloris},
		{"heads", 50, "heads of 15 KB", (*attacker).heads},
		{"flood of heads", 50, "heads of 15 KB, one behind the other", (*attacker).manyHeads},
		{"flood of requests", 50, "short requests, one behind the other", (*attacker).requests},
		{"flood of handshakes", 50, "handshakes of 15 KB that are refused", (*attacker).refused},
		{"handshakes", 20, "connects and resets", (*attacker).handshakes},
		{"unsigned bodies", 200, "bodies that stop", (*attacker).bodies},
		{"pings", 50, "pings", repeat(frame(ws.OpPing, true, "x"))},
		{"messages", 50, "messages of one byte", repeat(frame(ws.OpText, true, "x"))},
		{"fragments", 200, "messages that do not end", (*attacker).fragments},
		{"bombs", 200, "messages that inflate 800 times", repeat(bomb)},
		{"large replies", 200, "requests of 64 KB", repeat(frame(ws.OpText, true, "big"))},
		{"deaf", 200, "replies that are not read", (*attacker).deaf},
		{"blocked handlers", 300, "handlers that sleep", (*attacker).blocked},
		{"garbage", 50, "mutated frames", (*attacker).garbage},
	}
}

// variables make this program the attackers, which have a process of their own: on the goroutines
// of a process that attacks, a healthy client would wait for itself.
const (
	attackVariable = "TYG_TEST_ATTACK"
	addrVariable   = "TYG_TEST_ATTACK_ADDR"
)

// mainAttackers attacks until standard input ends, and does not return, if start has started it.
func mainAttackers() {
	name := os.Getenv(attackVariable)
	if name == "" {
		return
	}
	for _, a := range attacks() {
		if a.name == name {
			stop := make(chan struct{})
			done := a.run(os.Getenv(addrVariable), stop)
			_, _ = io.Copy(io.Discard, os.Stdin) // until its end
			close(stop)
			fmt.Println(<-done)
		}
	}
	os.Exit(0)
}

// start starts a process with the clients. After stop, done says what they did.
func (a attack) start(
	addr string, pin bool, stop <-chan struct{},
) (done <-chan string, err error) {
	cmd, err := self(pinnedTo(pin, clientCore, slow()), attackVariable+"="+a.name,
		addrVariable+"="+addr)
	if err != nil {
		return nil, err
	}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	said := make(chan string, 1)
	go func() { // ends with the process, which stop ends
		go func() { <-stop; _ = input.Close() }()
		out, err := cmd.Output()
		if err != nil {
			out = []byte(err.Error())
		}
		said <- strings.TrimSpace(string(out))
	}()
	return said, nil
}

// run runs the clients until stop. done says what they did then.
func (a attack) run(addr string, stop <-chan struct{}) (done <-chan string) {
	var count atomic.Int64
	var running sync.WaitGroup
	for range a.clients {
		running.Go(func() {
			for !isClosed(stop) {
				a.client(&attacker{addr, stop, &count})
				pause(stop, 10*time.Millisecond) // a server that refuses must not make us spin
			}
		})
	}
	said := make(chan string, 1)
	go func() { // ends with the clients
		running.Wait()
		said <- fmt.Sprintf("%d clients, %d %s", a.clients, count.Load(), a.what)
	}()
	return said
}

func isClosed(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

func pause(stop <-chan struct{}, d time.Duration) {
	select {
	case <-stop:
	case <-time.After(d):
	}
}

// dial connects. The socket closes at stop.
func (a *attacker) dial() net.Conn {
	c, err := net.DialTimeout("tcp", a.addr, 5*time.Second)
	if err != nil {
		return nil
	}
	go func() { // ends at stop
		<-a.stop
		_ = c.Close()
	}()
	return c
}

const hello = "GET /api/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

const deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n"

// open opens a WebSocket with more headers, or returns nil.
func (a *attacker) open(headers string) net.Conn {
	c := a.dial()
	if c == nil {
		return nil
	}
	_, _ = io.WriteString(c, hello+headers+"\r\n")
	res, err := http.ReadResponse(bufio.NewReaderSize(c, 16), nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		_ = c.Close()
		return nil
	}
	return c
}

// flood writes b again and again, and drops the answers.
func (a *attacker) flood(b []byte, each int64) {
	c := a.open(deflate)
	if c == nil {
		return
	}
	defer c.Close()
	go func() { _, _ = io.Copy(io.Discard, c) }() // ends with c
	for {
		if _, err := c.Write(b); err != nil {
			return
		}
		a.count.Add(each)
	}
}

// hold writes b, and keeps the connection until the other end closes it.
func (a *attacker) hold(c net.Conn, b string) {
	if c == nil {
		return
	}
	defer c.Close()
	if _, err := io.WriteString(c, b); err == nil {
		a.count.Add(1)
		_, _ = io.Copy(io.Discard, c)
	}
}

func (a *attacker) slowloris() {
	c := a.dial()
	if c == nil {
		return
	}
	defer c.Close()
	a.count.Add(1)
	for i := 0; !isClosed(a.stop) && i < len(hello); i++ {
		if _, err := c.Write([]byte{hello[i]}); err != nil {
			return
		}
		pause(a.stop, 200*time.Millisecond)
	}
}

// longHead is a request of 15 KB for nothing.
var longHead = strings.Replace(hello, "/api/", "/nope", 1) +
	strings.Repeat("X-Long: "+strings.Repeat("x", 1000)+"\r\n", 14) + "\r\n"

func (a *attacker) heads() { a.hold(a.dial(), longHead) }

// manyHeads sends requests without an end, and drops the answers.
func (a *attacker) manyHeads() {
	a.pipeline(strings.NewReplacer("Upgrade: websocket\r\n", "", "Connection: Upgrade\r\n", "").
		Replace(longHead))
}

func (a *attacker) requests() {
	a.pipeline(strings.Repeat("GET /nope HTTP/1.1\r\nHost: x\r\n\r\n", 100))
}

func (a *attacker) pipeline(requests string) {
	c := a.dial()
	if c == nil {
		return
	}
	defer c.Close()
	go func() { _, _ = io.Copy(io.Discard, c) }() // ends with c
	each := int64(strings.Count(requests, "GET "))
	for {
		if _, err := io.WriteString(c, requests); err != nil {
			return
		}
		a.count.Add(each)
	}
}

// refused makes handshakes that are complete, and wrong.
func (a *attacker) refused() {
	head := strings.Replace(strings.Replace(longHead, "/nope", "/api/", 1), ": 13", ": 12", 1)
	for !isClosed(a.stop) {
		c, err := net.DialTimeout("tcp", a.addr, 5*time.Second)
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		if _, err := io.WriteString(c, head); err == nil {
			_, _ = io.Copy(io.Discard, c)
			a.count.Add(1)
		}
		_ = c.(*net.TCPConn).SetLinger(0) // ports would run out
		_ = c.Close()
	}
}

func (a *attacker) handshakes() {
	if c := a.open(""); c != nil {
		a.count.Add(1)
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
}

func (a *attacker) bodies() {
	a.hold(a.dial(), "POST /@connections/AAAAAAAAAAAAAAA= HTTP/1.1\r\nHost: x\r\n"+
		"Content-Length: 131072\r\n\r\n"+strings.Repeat("x", 131_071))
}

func (a *attacker) fragments() {
	c := a.open("")
	for range 3 {
		if c != nil {
			_, _ = c.Write(frame(ws.OpText, false, strings.Repeat("x", 30<<10)))
			break
		}
	}
	a.hold(c, string(frame(ws.OpContinuation, false, strings.Repeat("x", 30<<10))))
}

// deaf asks for 64 KB again and again, and does not read.
func (a *attacker) deaf() {
	c := a.open("")
	if c == nil {
		return
	}
	defer c.Close()
	many := []byte(strings.Repeat(string(frame(ws.OpText, true, "big")), 100))
	for {
		if _, err := c.Write(many); err != nil {
			return
		}
		a.count.Add(100)
	}
}

func (a *attacker) blocked() {
	if c := a.open(""); c != nil {
		_, _ = c.Write(frame(ws.OpText, true, "sleep"))
		a.count.Add(1)
		pause(a.stop, 50*time.Millisecond)
		_ = c.Close()
	}
}

// garbage changes bytes of valid frames.
func (a *attacker) garbage() {
	c := a.open(deflate)
	if c == nil {
		return
	}
	defer c.Close()
	go func() { _, _ = io.Copy(io.Discard, c) }() // ends with c
	for {
		b := frame(ws.Opcode(rand.IntN(11)), rand.IntN(4) > 0, strings.Repeat("g", rand.IntN(300)))
		for range rand.IntN(3) {
			b[rand.IntN(len(b))] ^= byte(1 << rand.IntN(8))
		}
		if _, err := c.Write(b); err != nil {
			return
		}
		a.count.Add(1)
	}
}

// frame returns a masked frame.
func frame(op ws.Opcode, fin bool, payload string) []byte {
	h := ws.Header{Fin: fin, Opcode: op, Masked: true, Mask: [4]byte{1, 2, 3, 4}}
	h.Length = int64(len(payload))
	b := ws.AppendHeader(nil, h)
	n := len(b)
	b = append(b, payload...)
	ws.Mask(b[n:], h.Mask)
	return b
}
