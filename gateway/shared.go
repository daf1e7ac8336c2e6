package gateway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

// maxExceptions is the length limit of the exceptions of a message in JSON, in bytes.
const maxExceptions = 1 << 20

// maxKey is the length limit of an Idempotency-Key, in bytes.
const maxKey = 128

// sharedTimeout is how long a call that changes something may take, also when its client is gone.
const sharedTimeout = 30 * time.Second

// A sharedAnswer is the answer to a call that did not fail. The zero one is 204 without a body.
type sharedAnswer struct {
	etag string
	body []byte // JSON
}

// serveShared serves a call of the API for groups, values and state, which package hostapi
// describes. It is for the callers of @connections.
func (s *Server) serveShared(
	w http.ResponseWriter, r *http.Request, stage string, resource hostapi.Resource, by caller,
) {
	call := apiCall{string(resource), stage, by, s.bodyLimit(r, resource)}
	body, err := s.readCall(w, r, call)
	var answer sharedAnswer
	if err == nil {
		defer body.Release()
		answer, err = s.answerShared(r, resource, body.Data)
	}
	s.limitWrite(w)
	if err != nil {
		if errors.Is(err, hostapi.ErrMethod) {
			w.Header().Set("Allow", resource.Methods(r.URL.Query().Has("conn")))
		}
		hostapi.WriteError(w, err)
		return
	}
	answer.write(w)
}

// bodyLimit returns how many bytes the body of a call may have; 0 is no limit.
func (s *Server) bodyLimit(r *http.Request, resource hostapi.Resource) int {
	switch {
	case resource == hostapi.Values:
		return tyg.MaxValue
	case resource == hostapi.State:
		return tyg.MaxState
	case r.Method != http.MethodPost:
		return tyg.MaxMemberInfo
	case mediaType(r) == hostapi.MessageType && s.limits.Message > 0:
		return s.limits.Message/3*4 + maxExceptions
	}
	return s.limits.Message
}

func mediaType(r *http.Request) string {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return media
}

func (a sharedAnswer) write(w http.ResponseWriter) {
	if a.etag != "" {
		w.Header().Set("ETag", a.etag)
	}
	if a.body == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(a.body) // fails if the caller is gone
}

// answerShared does what a call asks for, once for each key.
func (s *Server) answerShared(
	r *http.Request, resource hostapi.Resource, body []byte,
) (sharedAnswer, error) {
	t, err := hostapi.ParseQuery(resource, r.URL.RawQuery)
	if err != nil {
		return sharedAnswer{}, err
	}
	do := s.groupCall
	if resource == hostapi.Values || resource == hostapi.State {
		do = s.valueCall
	}
	if r.Method == http.MethodGet {
		return do(r.Context(), r, t, body)
	}
	change := func() (sharedAnswer, error) {
		// A client that has gone asks again for the answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.callContext(r)), sharedTimeout)
		defer cancel()
		return do(ctx, r, t, body)
	}
	key := r.Header.Get(hostapi.KeyHeader)
	switch {
	case key == "":
		return change()
	case len(key) > maxKey:
		return sharedAnswer{}, hostapi.BadRequest("the Idempotency-Key is longer than 128 bytes")
	}
	key = r.Method + " " + string(resource) + "?" + r.URL.RawQuery + " " + key
	return s.answers.once(key, hashCall(r, body), change)
}

// groupCall serves a call about a group or all connections.
func (s *Server) groupCall(
	ctx context.Context, r *http.Request, t hostapi.Target, body []byte,
) (sharedAnswer, error) {
	switch {
	case r.Method == http.MethodGet && t.Conn == "":
		return s.pageCall(ctx, t)
	case r.Method == http.MethodPost && t.Conn == "":
		return s.sendCall(ctx, r, t, body)
	case t.Resource == hostapi.Everyone:
	case r.Method == http.MethodPut:
		return s.addCall(ctx, t, body)
	case r.Method == http.MethodDelete:
		m, removed, err := s.host.RemoveFromGroup(ctx, t.Name, t.Conn)
		if err != nil || !removed {
			return answerJSON(hostapi.Change{}, err)
		}
		return answerJSON(hostapi.Change{Changed: true, Member: &m}, nil)
	}
	return sharedAnswer{}, hostapi.ErrMethod
}

func answerJSON(v any, err error) (sharedAnswer, error) {
	if err != nil {
		return sharedAnswer{}, err
	}
	body, err := json.Marshal(v)
	return sharedAnswer{body: body}, err
}

func (s *Server) addCall(
	ctx context.Context, t hostapi.Target, body []byte,
) (sharedAnswer, error) {
	var info json.RawMessage
	if len(body) > 0 {
		if !hostapi.ValidJSON(body) {
			return sharedAnswer{}, hostapi.BadRequest("the info of a member must be JSON in UTF-8")
		}
		info = bytes.Clone(body) // the body's memory is released, and larger
	}
	m, added, err := s.host.AddToGroup(ctx, t.Name, t.Conn, info)
	return answerJSON(hostapi.Change{Changed: added, Member: &m}, err)
}

// sendCall sends to a group: the body, or what it says.
func (s *Server) sendCall(
	ctx context.Context, r *http.Request, t hostapi.Target, body []byte,
) (sharedAnswer, error) {
	data := body
	o := tyg.GroupOptions{Except: hostapi.ParseExcept(r.Header.Values(hostapi.ExceptHeader))}
	switch mediaType(r) {
	case apigw.BinaryContentType:
		o.Type = tyg.Binary
	case hostapi.MessageType:
		m, err := hostapi.ParseMessage(body)
		if err != nil {
			return sharedAnswer{}, err
		}
		data, o.Except = m.Data, append(o.Except, m.Except...)
		if m.Binary {
			o.Type = tyg.Binary
		}
	}
	d, err := s.calls.SendToGroup(ctx, t.Name, data, o)
	return answerJSON(d, err)
}

// pageCall returns a page of members. Pages are in the order of ids, so a member that stays while a
// client reads page after page is on one of them.
func (s *Server) pageCall(ctx context.Context, t hostapi.Target) (sharedAnswer, error) {
	if t.Limit == 0 {
		n, err := s.host.CountGroup(ctx, t.Name)
		return answerJSON(hostapi.Page{Count: n, Members: []tyg.Member{}}, err)
	}
	var list []tyg.Member
	for m, err := range s.host.GroupMembers(ctx, t.Name) {
		if err != nil {
			return sharedAnswer{}, err
		}
		list = append(list, m)
	}
	page := hostapi.Page{Count: len(list)}
	list = slices.DeleteFunc(list, func(m tyg.Member) bool { return m.ID <= t.After })
	slices.SortFunc(list, func(a, b tyg.Member) int { return cmp.Compare(a.ID, b.ID) })
	if len(list) > t.Limit {
		list = list[:t.Limit]
		page.Next = list[t.Limit-1].ID
	}
	page.Members = append([]tyg.Member{}, list...) // not null
	return answerJSON(page, nil)
}

// valueCall serves a call about a value or the state of a connection.
func (s *Server) valueCall(
	ctx context.Context, r *http.Request, t hostapi.Target, body []byte,
) (sharedAnswer, error) {
	k := tyg.ValueKey{Name: t.Name, Conn: t.Conn}
	switch r.Method {
	case http.MethodGet:
		data, rev, err := s.host.LoadValue(ctx, k)
		if err == nil && rev == 0 {
			err = hostapi.ErrNoValue
		}
		if err != nil {
			return sharedAnswer{}, err
		}
		return sharedAnswer{etag: hostapi.ETag(rev), body: data}, nil
	case http.MethodPut:
		if !hostapi.ValidJSON(body) {
			return sharedAnswer{}, hostapi.BadRequest("a value must be JSON in UTF-8")
		}
		return s.storeCall(ctx, r, k, body)
	case http.MethodDelete:
		return s.storeCall(ctx, r, k, nil)
	}
	return sharedAnswer{}, hostapi.ErrMethod
}

func (s *Server) storeCall(
	ctx context.Context, r *http.Request, k tyg.ValueKey, data []byte,
) (sharedAnswer, error) {
	rev, err := hostapi.Condition(r.Header)
	if err != nil {
		return sharedAnswer{}, err
	}
	if rev, err = s.host.StoreValue(ctx, k, data, rev); err != nil || rev == 0 {
		return sharedAnswer{}, err
	}
	return sharedAnswer{etag: hostapi.ETag(rev)}, nil
}
