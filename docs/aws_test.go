package docs_test

import (
	"net/http/httptest"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/sampletest"
)

// TestAWS follows the pages about AWS that have consoles, against a stand-in for AWS. Each goes on
// where the one before it has ended.
func TestAWS(t *testing.T) {
	sampletest.Part(t, 3)
	cloud := awstest.New()
	cloud.Settle = 0 // the page shows no line about waiting
	services := httptest.NewServer(cloud)
	t.Cleanup(services.Close)
	p := newPlayer(t, "aws.md")
	id, secret := cloud.Key()
	p.env = append(p.env, "AWS_REGION="+awstest.Region, "AWS_ACCESS_KEY_ID="+id,
		"AWS_SECRET_ACCESS_KEY="+secret, "AWS_ENDPOINT_URL="+services.URL, "TABLE=", "AWS_PROFILE=",
		"AWS_SESSION_TOKEN=")
	p.install()
	t.Parallel() // the tutorial finds the programs up to date
	for _, p.page = range []string{"aws.md", "aws-change.md", "aws-permissions.md", "aws-ci.md"} {
		p.play()
	}
	for _, v := range cloud.Violations() {
		t.Errorf("AWS would refuse: %s", v)
	}
	for _, left := range cloud.Resources() {
		t.Errorf("left behind: %s", left)
	}
}
