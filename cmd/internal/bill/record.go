package bill

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/tyg-dev/tyg/internal/inspect/recording"
)

// month is 730 hours, as AWS counts.
const month = 730 * time.Hour

// FromRecording returns the load of a month in which a recorded session happens so many times; 0
// means without a pause. The session ends with its last entry, and with it the connections that are
// open. settings has what a recording does not say.
func FromRecording(r io.Reader, step int, times float64, settings Load) (Load, error) {
	in, err := recording.NewReader(r)
	if err != nil {
		return Load{}, err
	}
	c := &counter{
		step: step, open: make(map[string]float64), second: -1, load: settings,
	}
	for {
		e, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Load{}, err
		}
		if err := c.add(e); err != nil {
			return Load{}, err
		}
	}
	c.flush()
	for id := range c.open {
		c.end(id)
	}
	if c.at <= 0 {
		return Load{}, errors.New("the recording has no time: it ends with its first entry")
	}
	if times == 0 {
		times = float64(month.Milliseconds()) / c.at
	}
	return c.load.times(times), nil
}

// A counter counts a session.
type counter struct {
	step int
	load Load
	at   float64            // milliseconds
	open map[string]float64 // since when, by connection

	second            int // of what follows
	connects, in, out float64
}

func (c *counter) add(e recording.Entry) error {
	c.at = e.At
	if second := int(e.At / 1000); second != c.second {
		c.flush()
		c.second = second
	}
	switch e.Type {
	case recording.Open:
		c.open[e.Conn] = e.At
		c.load.Peak.Connections = max(c.load.Peak.Connections, float64(len(c.open)))
		if !e.Already {
			c.load.Connections++
			c.connects++
		}
	case recording.Close:
		c.end(e.Conn)
	case recording.In, recording.Out:
		size, err := sizeOf(e)
		if err != nil {
			return err
		}
		c.message(e, size)
	case recording.Lost:
		return fmt.Errorf("the recording has lost %d entries: the load would be too low", e.Count)
	}
	return nil
}

func (c *counter) message(e recording.Entry, size int) {
	steps := max(1, math.Ceil(float64(size)/float64(c.step)))
	c.load.Peak.Bytes = max(c.load.Peak.Bytes, float64(size))
	if e.Type == recording.In {
		c.load.In += steps
		c.in++
		return
	}
	to := float64(max(len(e.Recipients()), e.Count))
	c.load.Out += steps * to
	c.load.BytesOut += float64(size) * to
	c.out += to
}

func sizeOf(e recording.Entry) (int, error) {
	data, err := e.Data()
	return max(e.Size, len(data)), err
}

func (c *counter) end(id string) {
	since, ok := c.open[id]
	if !ok {
		return
	}
	delete(c.open, id)
	minutes := (c.at - since) / 60_000
	c.load.ConnectionMinutes += minutes
	c.load.Peak.Minutes = max(c.load.Peak.Minutes, minutes)
}

// flush ends a second.
func (c *counter) flush() {
	p := &c.load.Peak
	p.Connects, p.In, p.Out = max(p.Connects, c.connects), max(p.In, c.in), max(p.Out, c.out)
	c.connects, c.in, c.out = 0, 0, 0
}
