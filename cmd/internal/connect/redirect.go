package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg/internal/redact"
	"github.com/tyg-dev/tyg/internal/wsclient"
)

// follow connects to the target, and to where its server sends the client, at most c.Redirects
// times. The target becomes the address of the last one.
func (c *run) follow(ctx context.Context) (*wsclient.Conn, *http.Response, error) {
	for left := c.Redirects; ; left-- {
		dial := c.Dial
		var err error
		if dial.NetDial, err = c.proxyDial(); err != nil {
			return nil, nil, err
		}
		client, res, err := wsclient.Dial(ctx, c.Target.String(), &dial)
		refused, ok := errors.AsType[*wsclient.RefusedError](err)
		if !ok || c.Redirects == 0 || !isRedirect(refused) {
			return client, res, err
		}
		if left == 0 {
			return nil, res, fmt.Errorf("it redirects more than %d times", c.Redirects)
		}
		if err := c.moveTo(refused.Header.Get("Location")); err != nil {
			return nil, res, err
		}
	}
}

func isRedirect(e *wsclient.RefusedError) bool {
	switch e.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return e.Header.Get("Location") != ""
	}
	return false
}

// moveTo makes another address the target. Credentials are not for another host, and nothing that
// was encrypted continues in the clear.
func (c *run) moveTo(location string) error {
	web := *c.Target
	to, err := web.Parse(location)
	if err == nil {
		to.Fragment = ""
		to, err = ParseTarget(to.String())
	}
	if err != nil {
		return fmt.Errorf("its redirect leads nowhere: %w", err)
	}
	if c.Target.Scheme == "wss" && to.Scheme != "wss" {
		return fmt.Errorf("it redirects to %s, which is not encrypted; connect there if you mean it",
			redact.URL(to))
	}
	if !sameHost(c.Target, to) {
		c.Dial.Header = withoutCredentials(c.Dial.Header)
	}
	c.Target = to
	return nil
}

func sameHost(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host)
}

// withoutCredentials returns the headers that another host may know: those of which browsers tell
// every server, and none that the user has made up, such as X-Api-Key.
func withoutCredentials(h http.Header) http.Header {
	kept := make(http.Header)
	for name, values := range h {
		switch strings.ToLower(name) {
		case "user-agent", "origin", "accept", "accept-language", "accept-encoding":
			kept[name] = values
		}
	}
	return kept
}
