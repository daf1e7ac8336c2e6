package lambda

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/hostapi"
)

// A gatewayShared holds groups and values in the gateway in front of the function, which is not
// API Gateway: see package hostapi.
type gatewayShared struct{ sender *Sender }

func newGatewayShared(cfg Config) (shared, error) {
	cfg.Endpoint = cfg.GroupsEndpoint
	sender, err := NewSender(cfg.SenderConfig)
	if err != nil {
		return nil, fmt.Errorf("groups endpoint: %w", err)
	}
	return gatewayShared{sender}, nil
}

// The operations, as in tyg.ConnError.
const (
	opAdd    = "add"
	opRemove = "remove"
	opLoad   = "load"
	opStore  = "store"
)

// maxExceptHeader is how many exceptions go into a header. More of them go into the body.
const maxExceptHeader = 100

// maxShared bounds answers, in bytes: the largest is a page of members whose info needs escapes.
const maxShared = hostapi.MaxLimit * 8 * tyg.MaxMemberInfo

func (g gatewayShared) AddToGroup(
	ctx context.Context, group string, id tyg.ConnID, info json.RawMessage,
) (tyg.Member, bool, error) {
	t := hostapi.Target{Resource: hostapi.Groups, Name: group, Conn: id, Limit: hostapi.DefaultLimit}
	m, added, err := g.change(ctx, http.MethodPut, t, info)
	return m, added, connError(opAdd, id, err)
}

func (g gatewayShared) RemoveFromGroup(
	ctx context.Context, group string, id tyg.ConnID,
) (tyg.Member, bool, error) {
	t := hostapi.Target{Resource: hostapi.Groups, Name: group, Conn: id, Limit: hostapi.DefaultLimit}
	m, removed, err := g.change(ctx, http.MethodDelete, t, nil)
	return m, removed, connError(opRemove, id, err)
}

// connError returns what the root promises of a failure that concerns one connection.
func connError(op string, id tyg.ConnID, err error) error {
	if err == nil || id == "" {
		return err
	}
	return &tyg.ConnError{Op: op, ID: id, Err: err}
}

// change adds or removes a member.
func (g gatewayShared) change(
	ctx context.Context, method string, t hostapi.Target, body []byte,
) (m tyg.Member, changed bool, err error) {
	a, err := g.call(ctx, method, t, nil, body)
	if err != nil {
		return m, false, err
	}
	var c hostapi.Change
	if err := decodeAnswer(a, &c); err != nil {
		return m, false, err
	}
	if c.Member != nil {
		m = *c.Member
	}
	return m, c.Changed, nil
}

func decodeAnswer(a answer, v any) error {
	if err := json.Unmarshal(a.body, v); err != nil {
		return fmt.Errorf("decode answer of the gateway: %w", err)
	}
	return nil
}

// groupTarget returns the target of a group, or of all connections where the name is empty.
func groupTarget(group string) hostapi.Target {
	t := hostapi.Target{Resource: hostapi.Groups, Name: group, Limit: hostapi.DefaultLimit}
	if group == "" {
		t.Resource = hostapi.Everyone
	}
	return t
}

func (g gatewayShared) SendToGroup(
	ctx context.Context, group string, data []byte, o tyg.GroupOptions,
) (d tyg.Delivery, err error) {
	h := make(http.Header)
	switch {
	case len(o.Except) > maxExceptHeader:
		h.Set("Content-Type", hostapi.MessageType)
		data = append([]byte{}, data...) // not nil, which is no data in JSON
		m := hostapi.Message{Data: data, Binary: o.Type == tyg.Binary, Except: o.Except}
		if data, err = json.Marshal(m); err != nil {
			return d, fmt.Errorf("encode message: %w", err)
		}
	case len(o.Except) > 0:
		h.Set(hostapi.ExceptHeader, hostapi.Except(o.Except))
		fallthrough
	default:
		if o.Type == tyg.Binary {
			h.Set("Content-Type", apigw.BinaryContentType)
		}
	}
	a, err := g.call(ctx, http.MethodPost, groupTarget(group), h, data)
	if err != nil {
		return d, fmt.Errorf("send to group: %w", err)
	}
	return d, decodeAnswer(a, &d)
}

func (g gatewayShared) GroupMembers(
	ctx context.Context, group string,
) iter.Seq2[tyg.Member, error] {
	return func(yield func(tyg.Member, error) bool) {
		t := groupTarget(group)
		for {
			page, err := g.page(ctx, t)
			if err != nil {
				yield(tyg.Member{}, err)
				return
			}
			for _, m := range page.Members {
				if !yield(m, nil) {
					return
				}
			}
			if t.After = page.Next; page.Next == "" {
				return
			}
			t.Limit = hostapi.MaxLimit // callers that want a few members have them by now
		}
	}
}

func (g gatewayShared) page(ctx context.Context, t hostapi.Target) (p hostapi.Page, err error) {
	a, err := g.call(ctx, http.MethodGet, t, nil, nil)
	if err != nil {
		return p, fmt.Errorf("read members: %w", err)
	}
	return p, decodeAnswer(a, &p)
}

func (g gatewayShared) CountGroup(ctx context.Context, group string) (int, error) {
	t := groupTarget(group)
	t.Limit = 0
	page, err := g.page(ctx, t)
	return page.Count, err
}

func valueTarget(k tyg.ValueKey) hostapi.Target {
	if k.Conn != "" {
		return hostapi.Target{Resource: hostapi.State, Conn: k.Conn}
	}
	return hostapi.Target{Resource: hostapi.Values, Name: k.Name}
}

func (g gatewayShared) LoadValue(
	ctx context.Context, k tyg.ValueKey,
) ([]byte, tyg.Revision, error) {
	a, err := g.call(ctx, http.MethodGet, valueTarget(k), nil, nil)
	if errors.Is(err, hostapi.ErrNoValue) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, connError(opLoad, k.Conn, err)
	}
	rev, err := hostapi.ParseETag(a.header.Get("ETag"))
	return a.body, rev, connError(opLoad, k.Conn, err)
}

func (g gatewayShared) StoreValue(
	ctx context.Context, k tyg.ValueKey, data []byte, rev tyg.Revision,
) (tyg.Revision, error) {
	h := make(http.Header)
	hostapi.SetCondition(h, rev)
	method := http.MethodPut
	if data == nil {
		method = http.MethodDelete
	}
	a, err := g.call(ctx, method, valueTarget(k), h, data)
	if err != nil || data == nil {
		return 0, connError(opStore, k.Conn, err)
	}
	rev, err = hostapi.ParseETag(a.header.Get("ETag"))
	return rev, connError(opStore, k.Conn, err)
}

// call makes attempts until one is final. An attempt that may have taken effect is made again: by
// its key the gateway knows that it is the same, and repeats its answer.
func (g gatewayShared) call(
	ctx context.Context, method string, t hostapi.Target, h http.Header, body []byte,
) (answer, error) {
	r := request{
		method: method, url: g.url(t), headers: h, body: body, most: maxShared,
	}
	if method != http.MethodGet {
		if r.headers == nil {
			r.headers = make(http.Header)
		}
		r.headers.Set(hostapi.KeyHeader, rand.Text())
	}
	retry := newBackoff(ctx, g.sender.retryFor)
	for n := 1; ; n++ {
		a, tries, err := g.attempt(ctx, r)
		if n >= tries || !retry.wait(ctx) {
			return a, err
		}
	}
}

func (g gatewayShared) url(t hostapi.Target) *url.URL {
	u := *g.sender.base
	u.Path += string(t.Resource)
	u.RawPath = g.sender.base.EscapedPath() + string(t.Resource)
	u.RawQuery = t.Query()
	return &u
}

// attempt makes one call, and returns how many attempts it is worth.
func (g gatewayShared) attempt(
	ctx context.Context, r request,
) (a answer, tries int, err error) {
	if err := ctx.Err(); err != nil {
		return a, once, err
	}
	a, unsent, err := g.sender.client.do(ctx, r)
	switch {
	case err != nil && r.method != http.MethodGet && !unsent:
		return a, atMostThree, fmt.Errorf("it may have taken effect or not: %w", err)
	case err != nil:
		return a, atMostThree, err
	}
	err = hostapi.ReadError(a.status, a.header, a.message())
	switch {
	case a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable:
		return a, always, err
	case a.status >= 500:
		return a, atMostThree, err
	}
	return a, once, err
}
