package replay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tyg-dev/tyg/internal/inspect/recording"
	"github.com/tyg-dev/tyg/internal/ws"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// Config says how to play a recording.
type Config struct {
	URL     *url.URL
	Options wsclient.Options // of each handshake; Header is added to that of the recording

	Pace    float64           // how many times faster than it was recorded; 0: without pauses
	Timeout time.Duration     // for an answer
	Settle  time.Duration     // for answers that should not come, at the end
	Ignore  []string          // keys of JSON objects whose values may differ
	Order   bool              // messages to one connection must come in the recorded order
	Secrets map[string]string // in place of redacted values, by header, parameter or key
}

// Run plays a recording and returns what differed. The error is why it could not be played.
func Run(ctx context.Context, in io.Reader, cfg Config) (*Report, error) {
	s, err := load(in)
	if err != nil {
		return nil, err
	}
	if len(s.conns) == 0 {
		return nil, errors.New("the recording has no connections: there is nothing to play")
	}
	pl := &player{
		cfg: cfg, session: s, matcher: newMatcher(cfg.Ignore), news: make(chan struct{}),
	}
	pl.report.Notes = append(s.notes, pl.missingSecrets()...)
	pl.report.Differences = []Difference{}
	begin := time.Now()
	err = pl.play(ctx, begin)
	pl.closeAll()
	if err != nil {
		return nil, err
	}
	pl.finish()
	pl.report.Seconds = time.Since(begin).Seconds()
	return &pl.report, nil
}

// missingSecrets says which redacted values have no secret in their place.
func (pl *player) missingSecrets() []string {
	var names []string
	count := pl.session.redactedIn()
	for _, name := range slices.Sorted(maps.Keys(count)) {
		if _, ok := pl.secret(name); !ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{"the recording has no values for " + strings.Join(names, ", ") +
		"; give them with --secret NAME=VALUE"}
}

// secret returns the value in place of a redacted one.
func (pl *player) secret(name string) (string, bool) {
	for key, value := range pl.cfg.Secrets {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

// play does all steps, and waits for the last answers.
func (pl *player) play(ctx context.Context, begin time.Time) error {
	for i := range pl.session.steps {
		st := &pl.session.steps[i]
		if pl.cfg.Pace > 0 {
			at := begin.Add(time.Duration(st.entry.At / pl.cfg.Pace * float64(time.Millisecond)))
			if !sleep(ctx, time.Until(at)) {
				return ctx.Err()
			}
		}
		pl.awaitAnswers(ctx, i)
		if err := pl.do(ctx, st); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	pl.awaitAnswers(ctx, len(pl.session.steps))
	sleep(ctx, pl.cfg.Settle)
	return ctx.Err()
}

// sleep waits, and reports whether ctx has not ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// waitFor waits for news, and reports whether it came in time.
func (pl *player) waitFor(ctx context.Context, news <-chan struct{}) bool {
	select {
	case <-news:
		return true
	case <-ctx.Done():
	case <-time.After(pl.cfg.Timeout):
	}
	return false
}

// awaitAnswers waits for the messages that had come before a step. Those that do not come are not
// awaited again.
func (pl *player) awaitAnswers(ctx context.Context, step int) {
	if pl.await(ctx, func() bool {
		for _, p := range pl.session.conns {
			if p.conn != nil && !p.over && p.got+p.forgiven < p.due(step) {
				return false
			}
		}
		return true
	}) {
		return
	}
	pl.mu.Lock()
	defer pl.mu.Unlock()
	for _, p := range pl.session.conns {
		p.forgiven = max(p.forgiven, p.due(step)-p.got)
	}
}

// do does what a step says.
func (pl *player) do(ctx context.Context, st *step) error {
	switch st.entry.Type {
	case recording.Open:
		return pl.open(ctx, st)
	case recording.In:
		return pl.send(ctx, st)
	}
	return pl.close(ctx, st)
}

// minPatience is how long a server has at least to answer a handshake, and to take a message.
const minPatience = 10 * time.Second

// open opens a connection as it was opened in the recording.
func (pl *player) open(ctx context.Context, st *step) error {
	pl.report.Connections++
	o := pl.cfg.Options
	o.Header = make(http.Header)
	for name, values := range st.entry.Header {
		switch {
		case strings.EqualFold(name, "Sec-WebSocket-Protocol"):
			o.Subprotocols = strings.FieldsFunc(strings.Join(values, ","),
				func(r rune) bool { return r == ',' || r == ' ' })
		case strings.EqualFold(name, "Origin"): // of a page on the recorded host
		default:
			if values = pl.fill(name, values); values != nil {
				o.Header[name] = values
			}
		}
	}
	for name, values := range pl.cfg.Options.Header {
		o.Header[name] = values
	}
	u := *pl.cfg.URL
	query := u.Query()
	for name, values := range st.entry.Query {
		if values = pl.fill(name, values); values != nil {
			query[name] = values
		}
	}
	u.RawQuery = query.Encode()
	patience := max(pl.cfg.Timeout, minPatience)
	dialing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, _, err := wsclient.Dial(dialing, u.String(), &o)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("the server has not answered a handshake within %v", patience)
	}
	if err != nil {
		if refused, ok := errors.AsType[*wsclient.RefusedError](err); ok {
			pl.differ(st.peer, Difference{
				Kind: "refused", After: pl.sent, Recorded: "accepted", Replayed: refused.Error(),
			})
			return nil
		}
		return err
	}
	st.peer.conn, st.peer.done = conn, make(chan struct{})
	go st.peer.read(pl)
	return nil
}

// fill returns values with secrets in place of what is redacted, nil if there is no secret.
func (pl *player) fill(name string, values []string) []string {
	if !slices.Contains(values, recording.Redacted) {
		return values
	}
	if secret, ok := pl.secret(name); ok {
		return []string{secret}
	}
	return nil
}

// redactedKey finds the keys of redacted values in a message.
var redactedKey = regexp.MustCompile(
	`"([^"\\]+)"\s*:\s*"` + regexp.QuoteMeta(recording.Redacted) + `"`)

// send sends a message with the ids of now.
func (pl *player) send(ctx context.Context, st *step) error {
	pl.mu.Lock()
	pl.sent++
	pl.mu.Unlock()
	pl.report.Messages++
	p := st.peer
	if p.conn == nil {
		return nil // it was refused, which is a difference already
	}
	data, err := st.entry.Data()
	if err != nil {
		return err
	}
	op := ws.OpBinary
	if st.entry.Text != nil {
		op = ws.OpText
		pl.mu.Lock()
		data = []byte(pl.matcher.translate(pl.fillMessage(string(data))))
		pl.mu.Unlock()
	}
	writing, cancel := context.WithTimeout(ctx, max(pl.cfg.Timeout, minPatience))
	defer cancel()
	if err := p.conn.Write(writing, op, data); err != nil { // or the server does not read
		pl.differ(p, Difference{
			Kind: "closed", After: pl.sent, Recorded: "open", Replayed: "the message cannot be sent",
		})
	}
	return nil
}

func (pl *player) fillMessage(text string) string {
	if !strings.Contains(text, recording.Redacted) {
		return text
	}
	return redactedKey.ReplaceAllStringFunc(text, func(pair string) string {
		secret, ok := pl.secret(redactedKey.FindStringSubmatch(pair)[1])
		if !ok {
			return pair
		}
		at := strings.LastIndex(pair, `"`+recording.Redacted)
		return pair[:at] + show(secret)
	})
}

// close closes a connection, or waits for the server to close it.
func (pl *player) close(ctx context.Context, st *step) error {
	p, e := st.peer, st.entry
	if p.conn == nil {
		return nil
	}
	if e.By == "server" {
		if !pl.await(ctx, func() bool { return p.over }) {
			pl.differ(p, Difference{
				Kind: "closed", After: pl.sent, Recorded: fmt.Sprint("closed with ", e.Code), Replayed: "open",
			})
		} else if p.code != e.Code {
			pl.differ(p, Difference{
				Kind: "closed", After: pl.sent, Recorded: fmt.Sprint("closed with ", e.Code),
				Replayed: fmt.Sprint("closed with ", p.code),
			})
		}
		return nil
	}
	if e.Code == ws.CloseAbnormal {
		_ = p.conn.CloseNow()
	} else {
		_ = p.conn.Close(e.Code, e.Reason) // the reader has the answer
	}
	<-p.done
	return nil
}

func (pl *player) differ(p *peer, d Difference) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.report.add(p, d)
}

// closeAll closes what is open.
func (pl *player) closeAll() {
	for _, p := range pl.session.conns {
		if p.conn != nil {
			_ = p.conn.CloseNow()
			<-p.done
		}
	}
}

// finish notes the messages that have not come, and those that came in their place or beside them.
func (pl *player) finish() {
	for _, p := range pl.session.conns {
		if p.conn == nil {
			continue
		}
		extra := p.extra
		for i := range p.expected {
			e := &p.expected[i]
			switch {
			case e.came:
			case len(extra) > 0:
				pl.report.add(p, pl.changed(e, extra[0]))
				extra = extra[1:]
			default:
				pl.report.add(p, Difference{Kind: "missing", After: e.after, Recorded: text(e.data, e.binary)})
			}
		}
		if p.dropped > 0 {
			pl.report.add(p, Difference{
				Kind: "unexpected", After: pl.sent, Replayed: fmt.Sprint(p.dropped, " more messages"),
			})
		}
		for _, f := range extra {
			pl.report.add(p, Difference{
				Kind: "unexpected", After: f.after, Replayed: text(f.data, f.binary),
			})
		}
	}
}

func (pl *player) changed(e *expected, f frame) Difference {
	d := Difference{Kind: "differs", After: e.after}
	diff := pl.matcher.compare(e.data, f.data, e.binary && f.binary)
	if diff != nil && diff.path != "" {
		d.Path, d.Recorded, d.Replayed = diff.path, diff.recorded, diff.replayed
		return d
	}
	d.Recorded, d.Replayed = text(e.data, e.binary), text(f.data, f.binary)
	return d
}

func text(data []byte, binary bool) string {
	if binary {
		return fmt.Sprintf("%d bytes %x", len(data), data[:min(len(data), 64)])
	}
	return strings.TrimSpace(string(bytes.ToValidUTF8([]byte(show(string(data))), []byte("?"))))
}
