package template_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// agrees asks package deploy what it would do in an account where a template was applied. It must
// be nothing but to write down what is there, to publish the routes by itself, and steps of other
// types that are given.
func agrees(t *testing.T, c *awstest.Cloud, url string, app deploy.Application, other ...string) {
	t.Helper()
	steps := planned(t, c, url, app)
	recorded := 0
	for _, step := range steps {
		changes := slices.DeleteFunc(step.Changes, func(c deploy.Change) bool {
			return c.Property == "deployment" || c.Property == "automatic deployment"
		})
		switch {
		case step.Action == deploy.Record:
			recorded++
		case step.Type == deploy.TypeFunction && slices.Contains(other, step.Type):
			recorded++
		case step.Type == deploy.TypeDeployment, slices.Contains(other, step.Type):
		case step.Type == deploy.TypeStage && len(changes) == 0:
		default:
			t.Errorf("deploy would do %v: %v", step, changes)
		}
	}
	if want := 2*len(app.Functions) + 2; recorded < want {
		t.Errorf("deploy has found %d things, want at least %d", recorded, want)
	}
}

// planned returns what package deploy would do in an account.
func planned(t *testing.T, c *awstest.Cloud, url string, app deploy.Application) []deploy.Step {
	t.Helper()
	id, secret := c.Key()
	cloud, err := deploy.Open(t.Context(), aws.Config{
		Region: awstest.Region, BaseEndpoint: &url,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
		}),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	store := deploy.FileStore{Name: filepath.Join(t.TempDir(), "state.json")}
	d := deploy.Deployer{Cloud: cloud, Store: store}
	plan, err := d.Plan(t.Context(), app)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Steps
}
