package selfhost

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/tyg-dev/tyg/internal/functions"
	"github.com/tyg-dev/tyg/internal/home"
	"github.com/tyg-dev/tyg/internal/hosts"
	"github.com/tyg-dev/tyg/internal/inspect"
)

// inspectPath is where the inspector is on the admin listener.
const inspectPath = "/inspect/"

// openInspector makes the inspector if there is a token for it. addr is that of the clients.
func (g *Gateway) openInspector(addr net.Addr) {
	if g.token == "" {
		return
	}
	g.inspect = inspect.New(inspect.Config{
		Gateway: g.gateway, Name: cmp.Or(g.cfg.Name, g.cfg.APIID), URL: g.url(addr),
		Stage: g.cfg.APIGatewayStage, Token: g.token,
		Local: hosts.IsLoopback(g.cfg.Admin.Addr), Functions: true,
	})
	fmt.Fprintf(g.out, "inspector at %s of admin, with its token behind #\n", inspectPath)
}

// adminHandler returns what the admin listener serves.
func (g *Gateway) adminHandler() http.Handler {
	if g.inspect == nil {
		return g.admin
	}
	mux := http.NewServeMux()
	mux.Handle("/", g.admin)
	mux.Handle(inspectPath, http.StripPrefix(inspectPath[:len(inspectPath)-1], g.inspect))
	return mux
}

// home returns the page for browsers at "/".
func (g *Gateway) home() http.Handler {
	page := home.Page{Name: cmp.Or(g.cfg.Name, g.cfg.APIID), Stage: g.cfg.APIGatewayStage}
	if g.token != "" && !strings.HasSuffix(g.cfg.Admin.Addr, ":0") { // any port is not known yet
		page.Inspector = "http://" + g.cfg.Admin.Addr + inspectPath
	}
	return page
}

// started tells the inspector of an event that a function gets.
func (g *Gateway) started(ctx context.Context, s functions.Start) {
	if g.inspect != nil {
		g.inspect.Started(ctx, s.Function, s.RequestID, s.TraceID)
	}
}
