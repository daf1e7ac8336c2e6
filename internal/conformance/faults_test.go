package conformance_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/gateway"
	"github.com/tyg-dev/tyg/internal/ws"
)

// changeRequests changes the handshakes that the probe gets.
func changeRequests(change func(r *tyg.Request)) func(tyg.Handler) tyg.Handler {
	return func(next tyg.Handler) tyg.Handler {
		return tyg.HandlerFunc(func(ctx context.Context, e tyg.Event) (tyg.Reply, error) {
			if e.Request != nil {
				change(e.Request)
			}
			return next.Handle(ctx, e)
		})
	}
}

// faults are ways in which emulators of API Gateway differ from it, and some more.
func faults() map[string]fault {
	return map[string]fault{
		"gone is 200": {
			wrap: recode(func(_ *http.Request, res *httptest.ResponseRecorder) {
				if res.Code == http.StatusGone {
					res.Code = http.StatusOK
				}
			}),
			finds: "handshake/refused-is-gone post/connecting gone/post gone/get gone/delete gone/deleted",
		},
		"gone has a body": {
			wrap: recode(func(_ *http.Request, res *httptest.ResponseRecorder) {
				if res.Code == http.StatusGone {
					res.Body.WriteString(`{"message":null}`)
				}
			}),
			finds: "gone/post gone/get gone/delete",
		},
		"gone has no error type": {
			wrap: recode(func(_ *http.Request, res *httptest.ResponseRecorder) {
				res.Header().Del("X-Amzn-Errortype")
			}),
			finds: "post/413 post/429 gone/post gone/get gone/delete malformed/* path/stage",
		},
		"malformed ids are gone": {
			wrap: recode(func(_ *http.Request, res *httptest.ResponseRecorder) {
				if res.Code == http.StatusBadRequest {
					res.Code = http.StatusGone
				}
			}),
			finds: "malformed/*",
		},
		"POST answers 201": {
			wrap: recode(func(r *http.Request, res *httptest.ResponseRecorder) {
				if r.Method == http.MethodPost && res.Code == http.StatusOK {
					res.Code = http.StatusCreated
				}
			}),
			finds: "post/200 post/text post/as-is post/32k post/128k post/429 signature/header " +
				"signature/payload " +
				"signature/unsigned-payload signature/extra-headers signature/presigned " +
				"signature/presigned-old " +
				"signature/skewed",
		},
		"DELETE answers 200": {
			wrap: recode(func(r *http.Request, res *httptest.ResponseRecorder) {
				if res.Code == http.StatusNoContent {
					res.Code = http.StatusOK
				}
			}),
			finds: "delete/204 gone/deleted",
		},
		"signatures are not verified": {
			server: func(s *gateway.Server) { s.Secrets = nil },
			finds: "forged/secret forged/key forged/service forged/late forged/early forged/body " +
				"forged/path " +
				"forged/header forged/query forged/expired forged/presigned",
		},
		"error frames are spaced well": {
			frame: rewrite(`", "connectionId":"`, `", "connectionId": "`),
			finds: "error/forbidden error/forbidden-stays error/fails error/panics error/rejects " +
				"error/response-route error/stays error/requestId",
		},
		"no route is silence": {
			frame: func(h ws.Header, payload []byte) []byte {
				if bytes.HasPrefix(payload, []byte(`{"message": "Forbidden"`)) {
					return []byte{}
				}
				return append(ws.AppendHeader(nil, h), payload...)
			},
			finds: "error/forbidden error/forbidden-stays",
		},
		"error frames close": {
			frame: func(h ws.Header, payload []byte) []byte {
				b := append(ws.AppendHeader(nil, h), payload...)
				if bytes.HasPrefix(payload, []byte(`{"message": `)) {
					b = ws.AppendClose(b, 1011, "")
				}
				return b
			},
			finds: "error/forbidden-stays error/stays",
		},
		"error frames tell": {
			frame: rewrite(`"Internal server error"`, `"the client asked for a secret error"`),
			finds: "error/fails error/panics error/rejects error/response-route error/stays error/requestId",
		},
		"events have nulls": {
			frame: rewrite(`"requestContext":{`, `"requestContext":{"cognitoIdentityId":null,`),
			finds: "event/no-null context/keys",
		},
		"events have a path": {
			frame: rewrite(`"isBase64Encoded":false`, `"isBase64Encoded":false,"path":"/"`),
			finds: "event/connect-keys event/message-keys event/disconnect-keys",
		},
		"names of headers are canonical": {
			app: changeRequests(func(r *tyg.Request) { r.HeaderNames = nil }), finds: "event/headers-names",
		},
		"odd parameters are dropped": {
			app: changeRequests(func(r *tyg.Request) {
				r.Query = maps.Clone(r.Query)
				for _, name := range []string{"token", "part", "hex"} {
					r.Query.Del(name)
				}
			}),
			finds: "event/query-odd",
		},
		"X-Forwarded-For of clients is believed": {
			server: func(s *gateway.Server) {
				s.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
			},
			finds: "event/forwarded-source",
		},
		"the handler's headers are in the 101": {
			head:  func(head []byte) []byte { return append(bytes.Clone(head), "\r\nSet-Cookie: a=b"...) },
			finds: "handshake/101-headers",
		},
		"the accept key is wrong": {
			head: func(head []byte) []byte {
				if bytes.Contains(head, []byte(sampleAccept)) {
					return bytes.Replace(head, []byte(sampleAccept), []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAA="), 1)
				}
				return head
			},
			finds: "handshake/101-accept",
		},
		"all refusals are 403": {
			wrap: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.Contains(r.URL.RawQuery, "connect=") {
						w = refusals{w, http.StatusForbidden}
					}
					next.ServeHTTP(w, r)
				})
			},
			finds: "handshake/connect-throws handshake/connect-panics handshake/secret " +
				"handshake/connect-3?? " +
				"handshake/connect-40[0149] handshake/connect-4[12]? handshake/connect-5?? subprotocol/refused",
		},
		"compression is not known": {
			server: func(s *gateway.Server) { s.NoCompression = true },
			finds: "deflate/* extension/offered extension/browser extension/captured extension/no-context " +
				"extension/second",
		},
		"large frames are accepted": {
			server: func(s *gateway.Server) { s.Limits.Frame = -1 },
			finds:  "size/frame-over size/second-frame-over",
		},
		"large messages are accepted": {
			server: func(s *gateway.Server) { s.Limits.Message = -1 },
			finds:  "size/message-over post/413 deflate/bomb",
		},
		"binary is accepted": {
			server: func(s *gateway.Server) { s.Extensions.Binary = true },
			finds:  "close/1003 close/binary-empty close/binary-fragment",
		},
		"routes do not answer": {
			app: func(next tyg.Handler) tyg.Handler { return next },
			server: func(s *gateway.Server) {
				for i := range s.Description.Routes {
					s.Description.Routes[i].Response = false
				}
			},
			finds: "response/body response/as-is response/empty response/order",
		},
		"reasons of clients are lost": {
			frame: rewrite(`"disconnectReason":"bye`, `"disconnectReason":"`),
			finds: "context/disconnect close/client-[1-4]???",
		},
		"URLs may be long": {
			server: func(s *gateway.Server) { s.Limits.URL = -1 },
			finds:  "request/url-4097 request/url-5000",
		},
		"ids have no =": {
			server: func(s *gateway.Server) {
				var n atomic.Int64
				s.NewID = func() tyg.ConnID { return tyg.ConnID(fmt.Sprintf("A%015d", n.Add(1))) }
			},
			finds: "id/connectionId path/raw path/encoded path/at-raw path/equals-raw path/lower " +
				"handshake/refused-is-gone post/connecting post/connecting-self gone/post gone/get " +
				"gone/delete " +
				"gone/handler",
		},
		"the authorizer is not called": {
			server: func(s *gateway.Server) {
				d := tyg.Describe(s.Handler)
				app := d.Authorizer
				if app == nil {
					return
				}
				s.Description = &d
				d.Authorizer = &tyg.Authorizer{Func: func(ctx context.Context, r *tyg.Request) (tyg.Identity,
					error,
				) {
					agreeable := *r
					agreeable.Query = maps.Clone(r.Query)
					agreeable.Query.Del("auth")
					return app.Func(ctx, &agreeable)
				}}
			},
			finds: "authorizer/missing authorizer/empty authorizer/first authorizer/deny " +
				"authorizer/unauthorized authorizer/error authorizer/panic " +
				"authorizer/anonymous authorizer/object authorizer/large",
		},
		"DELETE has no reason": {
			frame: rewrite(`"Connection Closed Normally"`, `""`),
			finds: "delete/disconnect",
		},
		"no code is 1000": {
			frame: rewrite(`"disconnectStatusCode":1005`, `"disconnectStatusCode":1000`),
			finds: "close/1005",
		},
		"pings are not answered": {
			frame: func(h ws.Header, payload []byte) []byte {
				if h.Opcode == ws.OpPong {
					return []byte{}
				}
				return append(ws.AppendHeader(nil, h), payload...)
			},
			finds: "control/ping control/ping-empty control/ping-125 control/ping-binary control/pings " +
				"fragment/ping-between",
		},
		"violations cut the socket": {
			frame: func(h ws.Header, payload []byte) []byte {
				code, _, _ := ws.ParseClose(payload)
				if h.Opcode == ws.OpClose && code == ws.CloseProtocolError {
					return nil
				}
				return append(ws.AppendHeader(nil, h), payload...)
			},
			finds: "frame/opcode-* frame/rsv? frame/unmasked frame/unmasked-control frame/long-* " +
				"frame/negative " +
				"fragment/no-first fragment/no-first-more fragment/after-whole fragment/text-inside " +
				"fragment/first-inside control/*-fragment control/*-126 close/client-1002 close/invalid-* " +
				"close/half-code deflate/rsv1-later deflate/rsv2 deflate/control",
		},
	}
}
