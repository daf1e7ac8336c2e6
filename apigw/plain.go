package apigw

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// decodePlain is json.Unmarshal for the most common event: a message as AppendEvent writes it, in
// text, of a client without an authorizer, of an API without stage variables. It takes a quarter of
// the time. For everything else it reports false.
func decodePlain(data []byte) (in event, ok bool) {
	const agent = `,"userAgent":`
	var unused string
	rc := new(requestContext)
	p := plain{rest: data, ok: true}
	p.text(`{"requestContext":{"routeKey":`, &rc.RouteKey)
	p.text(`,"eventType":`, &rc.EventType)
	p.text(`,"messageId":`, &rc.MessageID)
	p.text(`,"extendedRequestId":`, &rc.ExtendedRequestID)
	p.text(`,"requestTime":`, &unused)
	p.text(`,"messageDirection":`, &unused)
	p.text(`,"stage":`, &rc.Stage)
	p.number(`,"connectedAt":`, &rc.ConnectedAt)
	p.number(`,"requestTimeEpoch":`, &rc.RequestTimeEpoch)
	p.text(`,"identity":{"sourceIp":`, &rc.Identity.SourceIP)
	if p.begins(agent) {
		p.text(agent, &rc.Identity.UserAgent)
	}
	p.text(`},"requestId":`, &rc.RequestID)
	p.text(`,"domainName":`, &rc.DomainName)
	p.text(`,"connectionId":`, (*string)(&rc.ConnectionID))
	p.text(`,"apiId":`, &rc.APIID)
	p.text(`},"body":`, &in.Body)
	p.skip(`,"isBase64Encoded":false}`)
	in.RequestContext = rc
	return in, p.ok && len(p.rest) == 0
}

// A plain reads JSON whose members and their order are known.
type plain struct {
	rest []byte
	ok   bool // all was as expected so far
}

func (p *plain) begins(s string) bool {
	return len(p.rest) >= len(s) && string(p.rest[:len(s)]) == s
}

// skip reads s.
func (p *plain) skip(s string) {
	if p.ok = p.ok && p.begins(s); p.ok {
		p.rest = p.rest[len(s):]
	}
}

// text reads a string behind before.
func (p *plain) text(before string, to *string) {
	p.skip(before)
	end := p.stringEnd()
	if end == 0 {
		p.ok = false
		return
	}
	literal := p.rest[:end]
	p.rest = p.rest[end:]
	if bytes.IndexByte(literal, '\\') < 0 {
		*to = string(literal[1 : end-1])
		return
	}
	p.ok = json.Unmarshal(literal, to) == nil
}

// stringEnd returns the length of the string, with its quotes, that rest begins with. It is 0 if
// there is none, or if encoding/json would refuse or replace some of it.
func (p *plain) stringEnd() int {
	if !p.ok || len(p.rest) == 0 || p.rest[0] != '"' {
		return 0
	}
	for i := 1; i < len(p.rest); i++ {
		switch b := p.rest[i]; {
		case b == '"':
			if !utf8.Valid(p.rest[:i]) {
				return 0
			}
			return i + 1
		case b == '\\':
			i++
		case b < ' ':
			return 0
		}
	}
	return 0
}

// number reads a number that is not negative behind before.
func (p *plain) number(before string, to *int64) {
	p.skip(before)
	n, digits := int64(0), 0
	for digits < len(p.rest) && '0' <= p.rest[digits] && p.rest[digits] <= '9' {
		n = 10*n + int64(p.rest[digits]-'0')
		digits++
	}
	const most = 18 // of int64
	if digits == 0 || digits > most || digits > 1 && p.rest[0] == '0' {
		p.ok = false
		return
	}
	*to, p.rest = n, p.rest[digits:]
}
