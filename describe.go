package tyg

import (
	"cmp"
	"io/fs"
	"maps"
	"slices"
)

// A Description is what a host has to know of a Handler before the first event: to route messages,
// to ask the authorizer, and to make an API of it on AWS. It is plain data; as JSON it is how a
// program tells what it is (see package host).
type Description struct {
	// Name is that of the application. Log lines and, on AWS, names of resources begin with it.
	Name string `json:"name,omitempty"`

	// RouteSelection is the route selection expression. Empty means [DefaultRouteSelection].
	RouteSelection string `json:"route_selection,omitempty"`

	// Routes are the routes that have a handler, API Gateway's own included, sorted by key. Events
	// of other routes do not reach the Handler: a connect without [RouteConnect] is accepted, a
	// message that selects no route is answered with API Gateway's Forbidden frame.
	Routes []Route `json:"routes"`

	// Open asks for an [EventOpen] on each connection.
	Open bool `json:"open,omitempty"`

	// Leave asks for an [EventLeave] for each membership of a group that ends with its connection.
	Leave bool `json:"leave,omitempty"`

	// Pages are files that a host that serves HTTP serves beside the WebSocket. Nil: none.
	Pages fs.FS `json:"-"`

	// Triggers are the names of the triggers that have a handler, sorted.
	Triggers []string `json:"triggers,omitempty"`

	// Authorizer decides who may connect. Nil lets every client go on to connect.
	Authorizer *Authorizer `json:"authorizer,omitempty"`
}

// A Route is one route of a [Description].
type Route struct {
	Key string `json:"key"`

	// Response reports whether the route has a route response: the body of the Handler's reply,
	// even an empty one, is sent to the client. Bodies of other routes are dropped.
	// (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html)
	Response bool `json:"response,omitempty"`
}

// Keys returns the keys of d.Routes, in their order.
func (d Description) Keys() []string {
	keys := make([]string, len(d.Routes))
	for i, r := range d.Routes {
		keys[i] = r.Key
	}
	return keys
}

// Responds reports whether the route with that key has a route response.
func (d Description) Responds(key string) bool {
	return slices.ContainsFunc(d.Routes, func(r Route) bool { return r.Key == key && r.Response })
}

// Selection returns d.RouteSelection, or [DefaultRouteSelection] where it is empty.
func (d Description) Selection() string {
	return cmp.Or(d.RouteSelection, DefaultRouteSelection)
}

// Describe returns the Description of h: what its method Describe() Description says, which [App]
// has, or else one with API Gateway's three routes, so that h gets every event, and every message
// as [RouteDefault].
func Describe(h Handler) Description {
	if d, ok := h.(interface{ Describe() Description }); ok {
		return d.Describe()
	}
	return Description{
		Routes: []Route{{Key: RouteConnect}, {Key: RouteDefault}, {Key: RouteDisconnect}},
	}
}

// Bind tells h which Host it is run by, if it has the method Bind(Host), as [App] has. Every host
// calls it once, before the first event.
func Bind(h Handler, host Host) {
	if b, ok := h.(interface{ Bind(Host) }); ok {
		b.Bind(host)
	}
}

// Describe returns the name, the routes and the authorizer of a. With middleware, connect and
// disconnect are among the routes even without a handler, so that middleware sees every client
// come and go; and so is connect with an [OpenFunc], because on AWS open follows from it.
func (a *App) Describe() Description {
	d := Description{Name: a.name, RouteSelection: a.RouteSelection, Authorizer: a.authorizer}
	d.RouteSelection = d.Selection()
	d.Open = a.open != nil
	d.Leave, d.Pages = a.leave != nil, a.pages
	d.Triggers = slices.Sorted(maps.Keys(a.triggers))
	for key := range maps.Keys(a.messages) {
		d.Routes = append(d.Routes, Route{Key: key, Response: a.replies[key]})
	}
	if a.connect != nil || a.open != nil || len(a.middleware) > 0 {
		d.Routes = append(d.Routes, Route{Key: RouteConnect})
	}
	if a.disconnect != nil || a.leave != nil || len(a.middleware) > 0 {
		d.Routes = append(d.Routes, Route{Key: RouteDisconnect})
	}
	slices.SortFunc(d.Routes, func(x, y Route) int { return cmp.Compare(x.Key, y.Key) })
	return d
}

// Bind makes host what [App.Sender], groups and values reach.
func (a *App) Bind(host Host) {
	host = a.wrap(host)
	a.host.Store(&host)
}
