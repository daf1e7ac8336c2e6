package application

import "testing"

// TestAppOfTheGateway: the function that tyg gateway runs gives its settings to the functions that
// are made of the program.
func TestAppOfTheGateway(t *testing.T) {
	app := mustApplication(t, `{
		"app": "chat", "lambda_functions": {
			"chat": {
				"command": ["./bootstrap"], "lambda_timeout": 7, "environment_variables": {"A": "b"}
			},
			"websocket_message": {"lambda_timeout": 9}
		}
	}`, describing("$connect", "$default"))
	if len(app.Functions) != 2 {
		t.Fatalf("the functions are %+v", app.Functions)
	}
	for _, tt := range []struct {
		name    string
		timeout int
	}{{ConnectFunction, 7}, {MessageFunction, 9}} {
		fn := find(t, app, tt.name)
		if fn.Timeout != tt.timeout || fn.Environment["A"] != "b" {
			t.Errorf("%s is %+v", tt.name, fn)
		}
	}
}
