package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/apigw"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// sampleEvent returns what API Gateway would send to a function of an API. The connection does not
// exist.
func sampleEvent(kind, body string, api deploy.Resource) ([]byte, error) {
	now := time.Now()
	conn := &tyg.Conn{
		ID: "L0SM9cOFvHcCIhw=", ConnectedAt: now, SourceIP: "203.0.113.1", UserAgent: "tyg-invoke",
		APIID: api.APIID,
	}
	if u, err := url.Parse(api.APIURL); err == nil {
		conn.Domain, conn.Stage = u.Host, strings.Trim(u.Path, "/")
	}
	e := tyg.Event{RequestID: "JKJaXmPLvHcESHA=", Time: now, Conn: conn}
	switch kind {
	case "connect":
		e.Type, e.Route = tyg.EventConnect, tyg.RouteConnect
		e.Request = &tyg.Request{
			Host: conn.Domain, SourceIP: conn.SourceIP, Query: url.Values{},
			Header: http.Header{"User-Agent": {conn.UserAgent}},
		}
	case "message":
		e.Type, e.Route = tyg.EventMessage, tyg.RouteDefault
		e.Message = tyg.Message{ID: "MTIzNDU2Nzg5MDEy", Data: []byte(body)}
	case "disconnect":
		e.Type, e.Route = tyg.EventDisconnect, tyg.RouteDisconnect
		e.Disconnect = tyg.Disconnect{Code: 1000, Reason: "bye"}
	default:
		return nil, fmt.Errorf("--event %q is not one of connect, message, disconnect", kind)
	}
	return apigw.MarshalEvent(e)
}
