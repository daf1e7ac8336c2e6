package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// A client is one connection.
type client struct {
	r     *run
	index int
	conn  *wsclient.Conn
	sent  atomic.Int64
	came  map[int]*sequence // owned by receive: what came of each sender
}

func (r *run) open(ctx context.Context, index int) (*client, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	conn, _, err := wsclient.Dial(ctx, r.URL, &r.Dial)
	if err != nil {
		return nil, err
	}
	c := &client{r: r, index: index, conn: conn, came: make(map[int]*sequence)}
	for _, text := range r.First {
		if err := conn.Write(ctx, ws.OpText, []byte(c.fill(text, ""))); err != nil {
			_ = conn.CloseNow()
			return nil, err
		}
	}
	return c, nil
}

func (c *client) close() {
	_ = c.conn.Write(context.Background(), ws.OpClose, ws.AppendClosePayload(nil, ws.CloseNormal, ""))
	_ = c.conn.CloseNow()
}

func (c *client) group() int {
	if c.r.Groups == 0 {
		return 0
	}
	return c.index % c.r.Groups
}

// mark begins an id, which is found in answers by it.
const mark = "tyg-"

// idSize is the length of an id: the mark, the connection and the number of the message.
const idSize = len(mark) + 2*(4+8)

func idOf(index int, n int64) string {
	var b [12]byte
	binary.BigEndian.PutUint32(b[:4], uint32(index))
	binary.BigEndian.PutUint64(b[4:], uint64(n))
	return mark + hex.EncodeToString(b[:])
}

// parseID finds an id in an answer.
func parseID(data []byte) (index int, n int64, ok bool) {
	for {
		i := bytes.Index(data, []byte(mark))
		if i < 0 || len(data) < i+idSize {
			return 0, 0, false
		}
		var b [12]byte
		if _, err := hex.Decode(b[:], data[i+len(mark):i+idSize]); err == nil {
			return int(binary.BigEndian.Uint32(b[:4])), int64(binary.BigEndian.Uint64(b[4:])), true
		}
		data = data[i+len(mark):]
	}
}

// message returns the message of this connection with a number.
func (c *client) message(n int64) string {
	id := idOf(c.index, n)
	if c.r.Message != "" {
		return c.fill(c.r.Message, id)
	}
	return id + strings.Repeat("x", max(0, c.r.Payload-len(id)))
}

func (c *client) fill(text, id string) string {
	return strings.NewReplacer("{id}", id, "{conn}", strconv.Itoa(c.index),
		"{group}", strconv.Itoa(c.group())).Replace(text)
}

// due returns when a message must be sent. The connections take turns.
func (r *run) due(index int, n int64) time.Time {
	turn := float64(n)*float64(r.Connections) + float64(index)
	return r.start.Add(time.Duration(turn / r.Rate * float64(time.Second)))
}

// send sends each message that is due before the end, at its time or at once if that is past.
func (c *client) send(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	end := c.r.start.Add(c.r.Duration)
	for n := int64(0); ; n++ {
		due := c.r.due(c.index, n)
		if !due.Before(end) {
			return
		}
		timer.Reset(time.Until(due))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		c.sent.Add(1)
		c.r.sent.Add(1)
		err := c.conn.Write(ctx, ws.OpText, []byte(c.message(n)))
		if errors.Is(err, context.Canceled) {
			return // by the user
		}
		if err != nil {
			c.r.tally.fail(fmt.Errorf("send: %w", err))
			return
		}
	}
}

// receive counts what comes.
func (c *client) receive(ctx context.Context) {
	for {
		_, data, err := c.conn.Read(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			c.r.tally.fail(fmt.Errorf("%w: %w", errLost, err))
			return
		}
		c.judge(data, time.Now())
	}
}
