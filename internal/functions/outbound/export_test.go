package outbound

import (
	"context"
	"net"
	"net/http"
	"net/url"
)

// The inner doors of tests.
var NoProxy = noProxy

// ProxyURL returns the URL of the proxy, with its password.
func (o *Outbound) ProxyURL() string { return o.proxy.url() }

// Via makes the proxy use another one, and dial in place of the network.
func (o *Outbound) Via(
	via *url.URL, dial func(ctx context.Context, network, address string) (net.Conn, error),
) {
	o.proxy.upstream = func(*http.Request) (*url.URL, error) { return via, nil }
	o.proxy.dial = dial
}
