package inspect

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/inspect/recording"
)

// An update is what a page gets: what has changed since the last one.
type update struct {
	Hello   *hello   `json:"hello,omitempty"`
	Lines   []line   `json:"lines,omitempty"`
	Samples []sample `json:"samples,omitempty"`
	Conns   *conns   `json:"conns,omitempty"`
}

// A hello is the first update.
type hello struct {
	Name      string `json:"name"`
	URL       string `json:"url"`
	Functions bool   `json:"functions"`
}

// conns are the connections: the newest, and how many there are.
type conns struct {
	Total     int64  `json:"total"`
	Recording int    `json:"recording"` // recordings that run
	List      []conn `json:"list"`
}

type conn struct {
	ID          tyg.ConnID `json:"id"`
	Address     string     `json:"address"`
	Agent       string     `json:"agent,omitempty"`
	Principal   string     `json:"principal,omitempty"`
	Subprotocol string     `json:"subprotocol,omitempty"`
	At          int64      `json:"at"`     // connected, in milliseconds since 1970
	Active      int64      `json:"active"` // last message in or out
	Groups      []string   `json:"groups,omitempty"`
	Queued      int        `json:"queued"` // bytes
	Route       string     `json:"route,omitempty"`
	Client      int        `json:"client,omitempty"` // of this Inspector
}

const (
	maxViewers  = 16
	maxConns    = 200 // that a page lists
	linesAtOnce = 500
	frameTime   = 200 * time.Millisecond // between two updates
)

// serveEvents sends updates as server-sent events until the page is closed.
func (i *Inspector) serveEvents(w http.ResponseWriter, r *http.Request) error {
	if i.count() >= maxViewers {
		return failure{http.StatusServiceUnavailable, "too many pages are open"}
	}
	defer i.begin(true)()
	w.Header().Set("Content-Type", "text/event-stream")
	s := newStream(w)
	first := &hello{Name: i.cfg.Name, URL: i.cfg.URL, Functions: i.cfg.Functions}
	var revision, sampled int64
	for ticks := 0; ; ticks++ {
		u := update{Hello: first}
		first = nil
		u.Lines, revision = i.timeline.since(revision, linesAtOnce)
		if ticks%5 == 0 {
			u.Conns = i.conns()
			if u.Samples = i.samplesSince(sampled); len(u.Samples) > 0 {
				sampled = u.Samples[len(u.Samples)-1].At
			}
		}
		if err := s.send(u); err != nil {
			return nil // the page is gone
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-i.closed:
			return nil
		case <-time.After(frameTime):
		}
	}
}

func (i *Inspector) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.viewers
}

// send sends an update, unless there is nothing new.
func (s stream) send(u update) error {
	if u.Hello == nil && u.Lines == nil && u.Samples == nil && u.Conns == nil {
		return nil
	}
	b, err := json.Marshal(u)
	if err == nil {
		_, err = s.Write(slices.Concat([]byte("data: "), b, []byte("\n\n")))
	}
	return err
}

func (i *Inspector) conns() *conns {
	c := &conns{
		Total: i.cfg.Gateway.Stats().Connections, Recording: i.isRecording(), List: []conn{},
	}
	list, _ := i.cfg.Gateway.ConnStates(maxConns)
	for _, st := range list {
		c.List = append(c.List, conn{
			ID: st.Conn.ID, Address: st.Conn.SourceIP, Agent: st.Conn.UserAgent,
			Principal: st.Conn.Identity.Principal, Subprotocol: st.Conn.Subprotocol,
			At: st.Conn.ConnectedAt.UnixMilli(), Active: st.LastActiveAt.UnixMilli(),
			Groups: st.Groups, Queued: st.Queued, Route: i.timeline.route(st.Conn.ID),
			Client: i.clients.number(st.Conn.UserAgent),
		})
	}
	return c
}

// serveRecording sends a recording until the caller has gone. The parameters "header" and "key" add
// names to the rules for secrets; "all" with any value removes the rules.
func (i *Inspector) serveRecording(w http.ResponseWriter, r *http.Request) error {
	if i.count() >= maxViewers {
		return failure{http.StatusServiceUnavailable, "too many pages and recordings are open"}
	}
	rules, q := recording.DefaultRules(), r.URL.Query()
	if q.Has("all") {
		rules = recording.Rules{Headers: []string{}, Keys: []string{}}
	}
	rules.Headers = append(rules.Headers, q["header"]...)
	rules.Keys = append(rules.Keys, q["key"]...)
	w.Header().Set("Content-Type", "application/jsonl")
	_ = i.Record(rules).Run(r.Context(), newStream(w)) // fails if the caller is gone
	return nil
}
