package deploy_test

import (
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
)

const (
	domainName  = "chat.example.com"
	certificate = "arn:aws:acm:us-west-2:123456789012:certificate/aaaaaaaa-1234-1234-1234-123456789012"
)

// withDomain is echo with a domain name.
func withDomain(t testing.TB) deploy.Application {
	app := echo(t)
	app.API.Domain = &deploy.Domain{Name: domainName, CertificateARN: certificate}
	return app
}

// mappings returns what a domain name leads to: "path=api/stage".
func (r *rig) mappings(t *testing.T, domain string) string {
	t.Helper()
	out, err := r.gateway().GetApiMappings(t.Context(), &apigatewayv2.GetApiMappingsInput{
		DomainName: &domain,
	})
	must(t, err)
	var list []string
	for _, m := range out.Items {
		list = append(list, aws.ToString(m.ApiMappingKey)+"="+*m.ApiId+"/"+*m.Stage)
	}
	return strings.Join(list, " ")
}

// domainByHand creates a domain name without tyg.
func (r *rig) domainByHand(t *testing.T, tags map[string]string) {
	t.Helper()
	_, err := r.gateway().CreateDomainName(t.Context(), &apigatewayv2.CreateDomainNameInput{
		DomainName: aws.String(domainName), Tags: tags,
		DomainNameConfigurations: []types.DomainNameConfiguration{{
			CertificateArn: aws.String(certificate), EndpointType: types.EndpointTypeRegional,
		}},
	})
	must(t, err)
}

func TestDomainIsRecorded(t *testing.T) {
	r, app := newRig(t), withDomain(t)
	app.API.Domain.Prefix = "/v1/"
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	if got, want := r.mappings(t, domainName), "v1="+r.api(t)+"/api"; got != want {
		t.Errorf("the domain name leads to %q, want %q", got, want)
	}
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	res, _ := state.Find(deploy.TypeDomain, "websocket_api_custom_domain")
	if res.HostedZoneID == "" || res.AliasDomainName == "" || res.CertificateARN != certificate ||
		res.SecurityPolicy != "TLS_1_2" || len(res.APIMapping) != 1 || res.APIMapping[0].Key != "/v1" {
		t.Errorf("the state file has %+v", res)
	}
	for _, line := range []string{
		"Creating custom domain name: " + domainName, "Creating api mapping: /v1",
	} {
		if countOf(r.printed, line) != 1 {
			t.Errorf("%q is not among the lines %q", line, r.printed)
		}
	}
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

func TestC9AMappingIsPointedAgain(t *testing.T) {
	r, app := newRig(t), withDomain(t)
	must(t, r.deploy(t.Context(), app))
	out, err := r.gateway().GetApiMappings(t.Context(), &apigatewayv2.GetApiMappingsInput{
		DomainName: aws.String(domainName),
	})
	must(t, err)
	other := r.strange(t, "other", nil)
	_, err = r.gateway().CreateStage(t.Context(), &apigatewayv2.CreateStageInput{
		ApiId: &other, StageName: aws.String("api"),
	})
	must(t, err)
	_, err = r.gateway().UpdateApiMapping(t.Context(), &apigatewayv2.UpdateApiMappingInput{
		DomainName: aws.String(domainName), ApiMappingId: out.Items[0].ApiMappingId, ApiId: &other,
		Stage: aws.String("api"),
	})
	must(t, err)
	must(t, r.deploy(t.Context(), app))
	if got, want := r.mappings(t, domainName), "="+r.api(t)+"/api"; got != want {
		t.Errorf("the domain name leads to %q, want %q", got, want)
	}
	r.settled(t, app)
}

// TestC9ADomainWithoutARecord has a domain name that is not in the state file, once with our tag,
// and once without, which delete must leave.
func TestC9ADomainWithoutARecord(t *testing.T) {
	t.Run("ours", func(t *testing.T) {
		r, app := newRig(t), withDomain(t)
		must(t, r.deploy(t.Context(), app))
		must(t, os.Remove(r.file))
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
		must(t, r.delete(t.Context(), app))
		r.empty(t)
	})
	t.Run("not ours", func(t *testing.T) {
		r, app := newRig(t), withDomain(t)
		r.domainByHand(t, nil)
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
		if got, want := r.mappings(t, domainName), "="+r.api(t)+"/api"; got != want {
			t.Errorf("the domain name leads to %q, want %q", got, want)
		}
		must(t, r.delete(t.Context(), app))
		if left := r.aws.Resources(); len(left) != 1 || !strings.Contains(left[0], domainName) {
			t.Errorf("left are %v, want the domain name alone", left)
		}
	})
}

func TestUnownedDomainIsUsedUnchanged(t *testing.T) {
	r, app := newRig(t), withDomain(t)
	r.domainByHand(t, nil)
	app.API.Domain.CertificateARN = strings.Replace(certificate, "aaaaaaaa", "bbbbbbbb", 1)
	d, err := r.deployer(t.Context())
	must(t, err)
	plan, err := d.Plan(t.Context(), app)
	must(t, err)
	if text := strings.Join(plan.Warnings, "\n"); !strings.Contains(text, "certificate") {
		t.Errorf("the warnings are %q", text)
	}
	must(t, d.Apply(t.Context(), plan))
	if n := r.calls("UpdateDomainName"); n != 0 {
		t.Errorf("it was changed %d times", n)
	}
}

func TestMappingOfAnotherAPIIsAConflict(t *testing.T) {
	r, app := newRig(t), withDomain(t)
	r.domainByHand(t, nil)
	other := r.strange(t, "other", nil)
	_, err := r.gateway().CreateStage(t.Context(), &apigatewayv2.CreateStageInput{
		ApiId: &other, StageName: aws.String("else"),
	})
	must(t, err)
	_, err = r.gateway().CreateApiMapping(t.Context(), &apigatewayv2.CreateApiMappingInput{
		DomainName: aws.String(domainName), ApiId: &other, Stage: aws.String("else"),
	})
	must(t, err)
	if err := r.deploy(t.Context(), app); err == nil || !strings.Contains(err.Error(), other) {
		t.Errorf("got %v, want an error that names API %s", err, other)
	}
}

// TestC10DomainUpdatesAreTakenSlowly has AWS too busy for each call that changes the domain name.
func TestC10DomainUpdatesAreTakenSlowly(t *testing.T) {
	r, app := newRig(t), withDomain(t)
	must(t, r.deploy(t.Context(), app))
	app.API.Domain.CertificateARN = strings.Replace(certificate, "aaaaaaaa", "bbbbbbbb", 1)
	app.API.Domain.Tags = map[string]string{"cost": "chat"}
	throttled := 0
	r.aws.SetFault(func(_ int, _, operation string) awstest.Fault {
		if operation == "UpdateDomainName" {
			throttled++
			return awstest.Throttle
		}
		return awstest.None
	})
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	if throttled == 0 {
		t.Error("the domain name was not changed")
	}
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	res, _ := state.Find(deploy.TypeDomain, "websocket_api_custom_domain")
	if res.CertificateARN != app.API.Domain.CertificateARN {
		t.Errorf("the state file has the certificate %s", res.CertificateARN)
	}
}

// A domain name takes the place of another, which goes; and back again.
func TestADomainIsRenamed(t *testing.T) {
	r, app := newRig(t), withDomain(t)
	for _, name := range []string{domainName, "talk.example.com", domainName} {
		app.API.Domain.Name = name
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
		if got, want := r.mappings(t, name), "="+r.api(t)+"/api"; got != want {
			t.Errorf("%s leads to %q, want %q", name, got, want)
		}
	}
	app.API.Domain = nil
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	for _, left := range r.aws.Resources() {
		if strings.Contains(left, "example.com") {
			t.Errorf("left behind: %s", left)
		}
	}
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

// Two applications share a domain name. The one that made it goes first.
func TestADomainThatOthersUseStays(t *testing.T) {
	r, first, second := newRig(t), withDomain(t), withDomain(t)
	must(t, r.deploy(t.Context(), first))
	of := &rig{aws: r.aws, file: r.file + ".second"}
	second.Name, second.API.Domain.Prefix = "second", "two"
	must(t, of.deploy(t.Context(), second))
	of.settled(t, second)
	must(t, r.delete(t.Context(), first))
	if got, want := of.mappings(t, domainName), "two="+of.api(t)+"/api"; got != want {
		t.Errorf("the domain name leads to %q, want %q", got, want)
	}
	must(t, of.delete(t.Context(), second))
}

// TestC22TheEndpointIsTheAPIsOwn: functions send through the API's own host name, which serves
// @connections whatever custom domain name clients use.
func TestC22TheEndpointIsTheAPIsOwn(t *testing.T) {
	r, app := newRig(t), withDomain(t)
	must(t, r.deploy(t.Context(), app))
	got := r.published(t, "api").Routes["$default"].Function.Environment["TYG_ENDPOINT"]
	if want := "https://" + r.api(t) + ".execute-api.us-west-2.amazonaws.com/api"; got != want {
		t.Errorf("functions send to %q, want %q", got, want)
	}
}
