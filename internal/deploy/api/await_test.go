package api

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// gatewaySaying returns a run whose API Gateway gives one answer after the other, the last for
// ever.
func gatewaySaying(t *testing.T, answers ...string) run {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, answers[0])
		answers = answers[min(1, len(answers)-1):]
	}))
	t.Cleanup(srv.Close)
	gateway := apigatewayv2.New(apigatewayv2.Options{
		Region: "us-west-2", BaseEndpoint: &srv.URL,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "A", SecretAccessKey: "B"}, nil
		}),
	})
	noPause := plan.Waiter{Pause: func(context.Context, time.Duration) error { return nil }}
	return client{Client: gateway}.run(&plan.Run{IDs: plan.IDs{API: "a1"}, Waiter: noPause})
}

func TestAwaitDeployment(t *testing.T) {
	r := gatewaySaying(t, `{"deploymentStatus":"PENDING"}`, `{"deploymentStatus":"DEPLOYED"}`)
	if err := r.awaitDeployment(t.Context(), "d1"); err != nil {
		t.Error(err)
	}
	r = gatewaySaying(t, `{"deploymentStatus":"FAILED","deploymentStatusMessage":"no such thing"}`)
	err := r.awaitDeployment(t.Context(), "d1")
	if err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("got %v, want what AWS says", err)
	}
	r = gatewaySaying(t, `{"deploymentStatus":"PENDING"}`)
	err = r.awaitDeployment(t.Context(), "d1")
	if err == nil || !strings.Contains(err.Error(), "still not done") {
		t.Errorf("got %v for a deployment that never comes", err)
	}
}

func TestAwaitDomain(t *testing.T) {
	status := func(s string) string {
		return fmt.Sprintf(`{"domainName":"x.example.com","domainNameConfigurations":[
			{"domainNameStatus":%q,"hostedZoneId":"Z1","apiGatewayDomainName":"d-1.example.com"}]}`, s)
	}
	r, res := gatewaySaying(t, status("UPDATING"),
		status("AVAILABLE")), plan.Resource{DomainName: "x.example.com"}
	if err := r.awaitDomain(t.Context(), &res); err != nil {
		t.Error(err)
	}
	if res.HostedZoneID != "Z1" || res.AliasDomainName != "d-1.example.com" {
		t.Errorf("the record is %+v", res)
	}
	err := gatewaySaying(t, status("PENDING_OWNERSHIP_VERIFICATION")).awaitDomain(t.Context(), &res)
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v, want advice about the certificate", err)
	}
	err = gatewaySaying(t, status("UPDATING")).awaitDomain(t.Context(), &res)
	if err == nil || !strings.Contains(err.Error(), "still not done") {
		t.Errorf("got %v for a domain name that never serves", err)
	}
}
