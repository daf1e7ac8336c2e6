package application

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// applicationOf returns what stage dev of a configuration is on AWS, of a program that describes
// itself so. Files are those below .tyg.
func applicationOf(
	t *testing.T, config string, d tyg.Description, files map[string]string,
) (deploy.Application, error) {
	t.Helper()
	c, err := project.ParseConfig([]byte(config))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range files {
		if err := project.WriteFile(filepath.Join(dir, ".tyg", name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	bundle, err := deploy.NewBundle([]byte("program"))
	if err != nil {
		t.Fatal(err)
	}
	b := &Blueprint{Config: c, Dir: dir, Stage: "dev", Description: d, Bundle: bundle}
	return b.Application()
}

func mustApplication(t *testing.T, config string, d tyg.Description) deploy.Application {
	t.Helper()
	app, err := applicationOf(t, config, d, nil)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

func describing(routes ...string) tyg.Description {
	d := tyg.Description{Name: "demo", RouteSelection: "$request.body.action"}
	for _, key := range routes {
		d.Routes = append(d.Routes, tyg.Route{Key: key})
	}
	return d
}

func guarded(d tyg.Description) tyg.Description {
	d.Authorizer = &tyg.Authorizer{IdentitySources: []string{"route.request.querystring.token"}}
	return d
}

func TestApplicationHasTheFunctionsOfItsRoutes(t *testing.T) {
	tests := []struct {
		name        string
		description tyg.Description
		config      string
		functions   []string
		routes      []string
	}{
		{
			"messages only", describing("$default"), `{}`,
			[]string{MessageFunction},
			[]string{"$default " + MessageFunction},
		},
		{
			"all three", describing("$default", "$connect", "$disconnect"), `{}`,
			[]string{ConnectFunction, MessageFunction, DisconnectFunction},
			[]string{
				"$connect " + ConnectFunction, "$default " + MessageFunction, "$disconnect " +
					DisconnectFunction,
			},
		},
		{
			"routes of its own", describing("join", "$disconnect", "leave"), `{}`,
			[]string{MessageFunction, DisconnectFunction},
			[]string{
				"join " + MessageFunction, "leave " + MessageFunction,
				"$disconnect " + DisconnectFunction,
			},
		},
		{
			"an authorizer without a connect handler", guarded(describing("$default")), `{}`,
			[]string{authorizeFunction, ConnectFunction, MessageFunction},
			[]string{"$connect " + ConnectFunction, "$default " + MessageFunction},
		},
		{
			"C33 one function pays one cold start", guarded(describing("$default", "$disconnect")),
			`{"single_function": true}`,
			[]string{singleFunction},
			[]string{
				"$connect " + singleFunction, "$default " + singleFunction, "$disconnect " + singleFunction,
			},
		},
		{
			"a stage with several functions", describing("$connect", "$default"),
			`{"single_function": true, "stages": {"dev": {"single_function": false}}}`,
			[]string{ConnectFunction, MessageFunction},
			[]string{"$connect " + ConnectFunction, "$default " + MessageFunction},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			app := mustApplication(t, test.config, test.description)
			var functions, routes []string
			for _, fn := range app.Functions {
				functions = append(functions, fn.LogicalName)
			}
			for _, r := range app.API.Routes {
				routes = append(routes, r.Key+" "+r.Function)
			}
			if !slices.Equal(functions, test.functions) {
				t.Errorf("functions are %q, want %q", functions, test.functions)
			}
			if !slices.Equal(routes, test.routes) {
				t.Errorf("routes are %q, want %q", routes, test.routes)
			}
			guarded := test.description.Authorizer != nil
			if got := app.API.Authorizer; (got != nil) != guarded {
				t.Errorf("authorizer is %+v", got)
			} else if guarded && got.Function != functions[0] {
				t.Errorf("the authorizer is function %s, want %s", got.Function, functions[0])
			}
			if err := deploy.Check(app); err != nil {
				t.Errorf("deploy would refuse it: %v", err)
			}
		})
	}
}

func TestRoutesThatRespond(t *testing.T) {
	d := describing("$default", "ask")
	d.Routes[1].Response = true
	for _, r := range mustApplication(t, `{}`, d).API.Routes {
		if want := r.Key == "ask"; r.Responds != want {
			t.Errorf("route %s responds: %v, want %v", r.Key, r.Responds, want)
		}
	}
}

func TestApplicationName(t *testing.T) {
	if got := mustApplication(t, `{"app_name": "other"}`,
		describing("$default")).Name; got != "other" {
		t.Errorf("the name is %q, want that of the configuration", got)
	}
	if got := mustApplication(t, `{}`, describing("$default")).Name; got != "demo" {
		t.Errorf("the name is %q, want that of the program", got)
	}
	d := describing("$default")
	d.Name = "no name"
	_, err := applicationOf(t, `{}`, d, nil)
	wantError(t, err, `.tyg/config.json has no app_name, and the program has an invalid name: `+
		`"no name" cannot be`)
}

// What deploy cannot do is an error: nothing in the configuration is ignored.
func TestApplicationRejects(t *testing.T) {
	tests := []struct{ name, config, want string }{
		{
			"routes", `{"routes": {"$default": {"url": "http://example.com"}}}`,
			".tyg/config.json: routes are for tyg local and tyg gateway; tyg deploys only Go programs",
		},
		{
			"authorizer", `{"authorizer": {"url": "http://example.com"}}`,
			".tyg/config.json: authorizer requires routes",
		},
		{
			"selection", `{"route_selection_expression": "$request.body.what"}`,
			".tyg/config.json: route_selection_expression requires routes; a Go program has " +
				"App.RouteSelection",
		},
		{
			"unknown function", `{"lambda_functions": {"websocket_mesage": {}}}`,
			`.tyg/config.json: the application has no function "websocket_mesage"; ` +
				`did you mean "websocket_message"?`,
		},
		{
			"function of a handler that is gone", `{"lambda_functions": {"websocket_disconnect": {}}}`,
			`.tyg/config.json: the application has no function "websocket_disconnect"`,
		},
		{
			"command", `{"lambda_functions": {"websocket_message": {"command": ["python3"]}}}`,
			".tyg/config.json: lambda_functions.websocket_message: command, runtime, handler and " +
				`directory require routes, or "app": "websocket_message"`,
		},
		{
			"table without key", `{"tables": {"rooms": {}}}`,
			`.tyg/config.json: tables.rooms has no partition_key, such as {"name": "PK"}`,
		},
		{
			"index without key",
			`{"tables": {"rooms": {"partition_key": {"name": "PK"}, "indexes": {"by": {}}}}}`,
			".tyg/config.json: tables.rooms.indexes.by has no partition_key",
		},
		{
			"tables without variables",
			`{"tables": {"a": {"partition_key": {"name": "PK"}}, "b": {"partition_key": {"name": "PK"}}}}`,
			".tyg/config.json: tables.a has no environment_variable for the name of the table",
		},
		{
			"tables with one variable",
			`{"tables": {"a": {"partition_key": {"name": "PK"}, "environment_variable": "T"},
				"b": {"partition_key": {"name": "PK"}, "environment_variable": "T"}}}`,
			".tyg/config.json: tables.a and tables.b have the same environment_variable T",
		},
		{
			"variable of a table",
			`{"tables": {"a": {"partition_key": {"name": "PK"}}}, "environment_variables": {"TABLE": "x"}}`,
			".tyg/config.json: function websocket_message: environment_variables has TABLE, which is the " +
				"variable " +
				"of tables.a; remove one of them",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := applicationOf(t, test.config, describing("$default"), nil)
			wantError(t, err, test.want)
		})
	}
}

func find(t *testing.T, app deploy.Application, logical string) deploy.Function {
	t.Helper()
	for _, fn := range app.Functions {
		if fn.LogicalName == logical {
			return fn
		}
	}
	t.Fatalf("there is no function %s", logical)
	return deploy.Function{}
}

// wantError fails unless err begins with want.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error is\n%v\nwant\n%s", err, want)
	}
}

// What the parser of configurations accepts is an application or an error.
func FuzzApplication(f *testing.F) {
	f.Add(project.NewConfig("echo", "demo"))
	f.Add([]byte(`{"lambda_functions": {"x": {"lambda_timeout": 3, "tags": {"a": "b"}}}}`))
	f.Add([]byte("{\"xray\": true,\n\"xray\": null}"))
	f.Add([]byte(`{"stages": {"\u0061": {}, "a": {}}}`))
	f.Add(project.NewConfig("chat", "demo"))
	f.Add([]byte(`{"tables": {"a": null, "b": {"indexes": {"c": null}}}, "throttling": null, ` +
		`"manage_iam_role": false}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := project.ParseConfig(data)
		if err != nil {
			return
		}
		b := &Blueprint{Config: c, Dir: "testdata", Stage: "dev", Description: describing("$default")}
		if app, err := b.Application(); err == nil && len(app.Functions) != 1 {
			t.Errorf("the application has %d functions", len(app.Functions))
		}
	})
}
