package deploy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy"
)

// secretive is an application with secrets of all kinds.
func secretive(t *testing.T) deploy.Application {
	app := echo(t)
	app.Functions[0].Secrets = map[string]deploy.Secret{
		"AT_DEPLOY":     {Parameter: "/chat/key", AtDeploy: true},
		"PORT":          {Secret: "chat/db", Key: "port", AtDeploy: true},
		"WHOLE":         {Secret: "chat/db", AtDeploy: true},
		"START":         {Parameter: "/chat/key"},
		"START_BY_NAME": {Secret: "chat/db", Key: "password"},
	}
	return app
}

// TestSecretsAreReadAtDeployOrAtStart: the function has the values that deploy reads, and the
// places of the others, which its role may read.
func TestSecretsAreReadAtDeployOrAtStart(t *testing.T) {
	r := newRig(t)
	app := secretive(t)
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	got := r.published(t, "api").Routes["$default"].Function.Environment
	for name, want := range map[string]string{
		"AT_DEPLOY": "parameter-value", "PORT": "5432",
		"WHOLE": `{"password":"secret-value","port":5432}`, "START": "", "START_BY_NAME": "",
		"TYG_SECRETS": `{"START":{"ssm":"/chat/key"},` +
			`"START_BY_NAME":{"secret":"chat/db","key":"password"}}`,
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	const here = "us-west-2:123456789012:"
	for resource, want := range map[string]bool{
		"arn:aws:ssm:" + here + "parameter/chat/key":                true,
		"arn:aws:ssm:" + here + "parameter/chat/key2":               false,
		"arn:aws:secretsmanager:" + here + "secret:chat/db-a1B2c3":  true,
		"arn:aws:secretsmanager:" + here + "secret:chat/db2-a1B2c3": false,
	} {
		action := "ssm:GetParameters"
		if strings.Contains(resource, "secretsmanager") {
			action = "secretsmanager:GetSecretValue"
		}
		if got := r.aws.Allows("echo-server-dev", action, resource); got != want {
			t.Errorf("%s on %s is allowed: %v", action, resource, got)
		}
	}

	r.aws.PutParameter("/chat/key", "new-value")
	must(t, r.deploy(t.Context(), app))
	got = r.published(t, "api").Routes["$default"].Function.Environment
	if got["AT_DEPLOY"] != "new-value" {
		t.Errorf("after the parameter changed the variable is %q", got["AT_DEPLOY"])
	}
}

// TestSecretsAreNeverShown looks for values in the plan, in the state file, in errors and in what
// deploy prints.
func TestSecretsAreNeverShown(t *testing.T) {
	r := newRig(t)
	d, err := r.deployer(t.Context())
	must(t, err)
	app := secretive(t)
	plan, err := d.Plan(t.Context(), app)
	must(t, err)
	must(t, d.Apply(t.Context(), plan))
	r.aws.PutParameter("/chat/key", "parameter-value-2")
	r.aws.PutSecret("chat/db", `secret-value`)
	_, planErr := d.Plan(t.Context(), app)
	if planErr == nil {
		t.Error("a secret that is no object has a key")
	}
	r.aws.PutSecret("chat/db", `{"port":"`+strings.Repeat("secret-value", 400)+`"}`)
	_, longErr := d.Plan(t.Context(), app)
	if longErr == nil || !strings.Contains(longErr.Error(), "and Lambda allows 4096") {
		t.Errorf("a secret that is too long: %v", longErr)
	}
	r.aws.PutSecret("chat/db", `{"port":"secret-value-3"}`)
	next, err := d.Plan(t.Context(), app)
	must(t, err)
	steps, err := json.Marshal(next)
	must(t, err)
	all := fmt.Sprint(plan.Steps, next.Steps, string(steps), planErr, longErr, r.printed,
		string(readFile(t, r.file)))
	for _, value := range []string{"parameter-value", "secret-value"} {
		if strings.Contains(all, value) {
			t.Errorf("%s is shown: %s", value, all)
		}
	}
}

// TestSecretsThatDoNotExist: the error names the variable, the function and the place.
func TestSecretsThatDoNotExist(t *testing.T) {
	for want, secret := range map[string]deploy.Secret{
		"environment_variables.A of websocket_message: there is no parameter /none": {
			Parameter: "/none",
		},
		"environment_variables.A of websocket_message: read secret none": {Secret: "none"},
		"environment_variables.A of websocket_message: key x of secret chat/db: there is no such key": {
			Secret: "chat/db", Key: "x",
		},
	} {
		r := newRig(t)
		app := echo(t)
		secret.AtDeploy = true
		app.Functions[0].Secrets = map[string]deploy.Secret{"A": secret}
		err := r.deploy(t.Context(), app)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}
