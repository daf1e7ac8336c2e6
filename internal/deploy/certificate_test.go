package deploy_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53 "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// requested is echo with a domain name whose certificate is requested.
func requested(t testing.TB) deploy.Application {
	app := echo(t)
	app.API.Domain = &deploy.Domain{Name: domainName, Request: true}
	return app
}

// zoned is a rig with hosted zones, of which the third is that of the records.
func zoned(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	addZones(t, r)
	return r
}

func addZones(_ *testing.T, r *rig) {
	r.aws.AddZone("com", false)
	r.aws.AddZone("chat.example.com", true) // private: neither ACM nor clients see it
	r.aws.AddZone("example.com", false)
	r.aws.AddZone("notexample.com", false)
}

// reachable fails unless the domain name leads to the API, with IPv4 and IPv6, by a certificate
// that is issued.
func (r *rig) reachable(t *testing.T, domain string) {
	t.Helper()
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	i := slices.IndexFunc(state.Of(deploy.TypeDomain), func(res deploy.Resource) bool {
		return res.DomainName == domain
	})
	if i < 0 {
		t.Fatalf("the state has no domain name %s", domain)
	}
	res := state.Of(deploy.TypeDomain)[i]
	for _, kind := range []string{"A", "AAAA"} {
		if got := r.aws.LookUp(domain, kind); got != res.AliasDomainName+"." {
			t.Errorf("%s of %s is %q, want %s", kind, domain, got, res.AliasDomainName)
		}
	}
	cert, err := acm.NewFromConfig(r.config()).DescribeCertificate(t.Context(),
		&acm.DescribeCertificateInput{CertificateArn: &res.CertificateARN})
	must(t, err)
	if got := cert.Certificate; got.Status != types.CertificateStatusIssued ||
		aws.ToString(got.DomainName) != domain {
		t.Errorf("the certificate is that of %s, %s", *got.DomainName, got.Status)
	}
	if got := r.mappings(t, domain); !strings.Contains(got, r.api(t)) {
		t.Errorf("the domain name leads to %q", got)
	}
}

// TestCertificateAndRecords: a deploy requests a certificate, proves the owner, and leads clients
// to the API, all in the nearest public zone. A delete leaves nothing.
func TestCertificateAndRecords(t *testing.T) {
	r, app := zoned(t), requested(t)
	app.API.Domain.Tags = map[string]string{"team": "names"}
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	r.reachable(t, domainName)
	for _, line := range []string{
		"Requesting certificate: " + domainName, "Creating DNS records: " + domainName,
		"Waiting for certificate, which takes minutes: " + domainName,
	} {
		if countOf(r.printed, line) != 1 {
			t.Errorf("%q is not among the lines %q", line, r.printed)
		}
	}
	app.API.Domain.Tags = map[string]string{"team": "numbers"}
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

// TestCertificateGoesOn fails a call of a first deploy, which the next deploy finishes, or a
// delete.
func TestCertificateGoesOn(t *testing.T) {
	app := requested(t)
	deployIt := func(ctx context.Context, r *rig) error { return r.deploy(ctx, app) }
	t.Run("deploy", func(t *testing.T) {
		eachCall(t, append(failures(), refusals()...), addZones, deployIt, func(t *testing.T, r *rig) {
			must(t, r.deploy(t.Context(), app))
			r.settled(t, app)
			r.reachable(t, domainName)
			must(t, r.delete(t.Context(), app))
			r.empty(t)
		})
	})
	t.Run("delete", func(t *testing.T) {
		eachCall(t, failures(), addZones, deployIt, func(t *testing.T, r *rig) {
			must(t, r.delete(t.Context(), app))
			r.empty(t)
		})
	})
	t.Run("delete without state", func(t *testing.T) {
		eachCall(t, failures(), func(t *testing.T, r *rig) {
			addZones(t, r)
			must(t, r.deploy(t.Context(), app))
			r.forget(t)
		}, func(ctx context.Context, r *rig) error { return r.delete(ctx, app) },
			func(t *testing.T, r *rig) {
				must(t, r.delete(t.Context(), app))
				r.empty(t)
			})
	})
}

// TestRecordsThatDeployHasNotMade: clients that are led elsewhere stay there, and records of others
// stay when the stage goes.
func TestRecordsThatDeployHasNotMade(t *testing.T) {
	r, app := zoned(t), requested(t)
	client := route53.NewFromConfig(r.config())
	zones, err := client.ListHostedZones(t.Context(), &route53.ListHostedZonesInput{})
	must(t, err)
	zone := ""
	for _, z := range zones.HostedZones {
		if *z.Name == "example.com." {
			zone = *z.Id
		}
	}
	if zone == "" { // on the next page
		more, err := client.ListHostedZones(t.Context(),
			&route53.ListHostedZonesInput{Marker: zones.NextMarker})
		must(t, err)
		for _, z := range more.HostedZones {
			if *z.Name == "example.com." {
				zone = *z.Id
			}
		}
	}
	change := func(action r53.ChangeAction, name string, kind r53.RRType, value string) {
		t.Helper()
		_, err := client.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: &zone, ChangeBatch: &r53.ChangeBatch{Changes: []r53.Change{{
				Action: action, ResourceRecordSet: &r53.ResourceRecordSet{
					Name: &name, Type: kind, TTL: aws.Int64(60),
					ResourceRecords: []r53.ResourceRecord{{Value: &value}},
				},
			}}},
		})
		must(t, err)
	}
	before := r.aws.Resources()
	for kind, value := range map[r53.RRType]string{"A": "192.0.2.1", "CNAME": "old.example.com."} {
		change("CREATE", domainName, kind, value)
		err := r.deploy(t.Context(), app)
		if err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(value, ".")) {
			t.Errorf("%s: %v", kind, err)
		}
		change("DELETE", domainName, kind, value)
	}
	if after := r.aws.Resources(); !slices.Equal(before, after) {
		t.Errorf("there is %q, and was %q", after, before)
	}
	change("CREATE", domainName, "TXT", `"v=spf1 -all"`)
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	r.reachable(t, domainName)
	must(t, r.delete(t.Context(), app))
	want := []string{"route53 record " + domainName + ". TXT"}
	if got := r.aws.Resources(); !slices.Equal(got, want) {
		t.Errorf("left are %q", got)
	}
}

// TestRecordOfTwoCertificates: another certificate of the domain has the same record, which was
// made before. It stays, also where the state file is lost.
func TestRecordOfTwoCertificates(t *testing.T) {
	for _, forget := range []bool{false, true} {
		r, first, second := zoned(t), requested(t), requested(t)
		second.Name, second.API.Domain.Name = "second", domainName
		must(t, r.deploy(t.Context(), first))
		records := slices.DeleteFunc(r.aws.Resources(), func(res string) bool {
			return !strings.HasSuffix(res, "CNAME")
		})
		of := &rig{aws: r.aws, file: r.file + ".second"}
		second.API.Domain.Prefix = "two"
		second.API.Domain.Zone = deploy.NoZone
		must(t, of.deploy(t.Context(), second)) // the record is there, so ACM issues at once
		second.API.Domain.Zone = ""
		must(t, of.deploy(t.Context(), second))
		of.settled(t, second)
		if forget {
			of.forget(t)
		}
		must(t, of.delete(t.Context(), second))
		r.settled(t, first)
		left := slices.DeleteFunc(r.aws.Resources(), func(res string) bool {
			return !strings.HasSuffix(res, "CNAME")
		})
		if !slices.Equal(left, records) {
			t.Errorf("left are %q, and were %q", left, records)
		}
		must(t, r.delete(t.Context(), first))
		r.empty(t)
	}
}

// TestDNSElsewhere: without a hosted zone the first deploy prints the record, the plan warns of it
// and has nothing to do, and the deploy after the record makes the domain name.
func TestDNSElsewhere(t *testing.T) {
	r, app := newRig(t), requested(t)
	r.aws.AddZone("example.org", false)
	must(t, r.deploy(t.Context(), app))
	r.live(t, app)
	d, plan := r.planned(t, app)
	if len(plan.Steps) > 0 || !strings.Contains(strings.Join(plan.Warnings, ""), "CNAME _") {
		t.Errorf("the plan has %v and warns of %q", plan.Steps, plan.Warnings)
	}
	state, err := d.State(t.Context())
	must(t, err)
	waiting := state.Waiting()
	if len(waiting) != 1 || !strings.Contains(strings.Join(state.Report(), "\n"),
		waiting[0].RecordName+" CNAME "+waiting[0].RecordValue) {
		t.Fatalf("waiting are %+v: %q", waiting, state.Report())
	}
	said := "Make this DNS record, and deploy again when ACM has seen it: " + waiting[0].RecordName +
		" CNAME " + waiting[0].RecordValue
	if countOf(r.printed, said) != 1 {
		t.Errorf("%q is not among %q", said, r.printed)
	}
	r.aws.Publish(waiting[0].RecordName+".", "CNAME", waiting[0].RecordValue+".")
	must(t, r.deploy(t.Context(), app))
	must(t, r.deploy(t.Context(), app)) // ACM has looked in between
	r.settled(t, app)
	if got, want := r.mappings(t, domainName), "="+r.api(t)+"/api"; got != want {
		t.Errorf("the domain name leads to %q, want %q", got, want)
	}
	if state, err = d.State(t.Context()); err != nil || len(state.Waiting()) > 0 {
		t.Errorf("still waiting are %v, %v", state.Waiting(), err)
	}
	r.forget(t)
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

// TestCertificateThatIsRefused: the reason and what to do are in the error, and the next deploy
// requests another one.
func TestCertificateThatIsRefused(t *testing.T) {
	r, app := zoned(t), requested(t)
	r.aws.FailCertificate("CAA_ERROR")
	err := r.deploy(t.Context(), app)
	if err == nil || !strings.Contains(err.Error(), "CAA record of the domain") {
		t.Errorf("the error is %v", err)
	}
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	r.reachable(t, domainName)
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

// TestCertificateThatIsNotIssued: the wait ends, and its text says what to look at.
func TestCertificateThatIsNotIssued(t *testing.T) {
	r, app := zoned(t), requested(t)
	r.aws.BlindACM()
	d, err := r.deployer(t.Context())
	must(t, err)
	plan, err := d.Plan(t.Context(), app)
	must(t, err)
	err = d.Apply(t.Context(), plan)
	for _, want := range []string{"dig NS example.com", "CAA", "after 30m0s"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q in it", err, want)
		}
	}
}

// TestDomainWithACertificateChanges: the domain name, its certificate and the zone change to and
// fro, and what is not needed any more goes after what takes its place.
func TestDomainWithACertificateChanges(t *testing.T) {
	r := zoned(t)
	given := withDomain(t)
	renamed := requested(t)
	renamed.API.Domain.Name = "talk.example.com"
	none := requested(t)
	none.API.Domain = nil
	aliased := withDomain(t)
	aliased.API.Domain.Zone = deploy.AutoZone
	for i, app := range []deploy.Application{
		requested(t), given, requested(t), renamed, requested(t), aliased, none, aliased, requested(t),
	} {
		must(t, r.deploy(t.Context(), app))
		r.settled(t, app)
		want := map[string]int{}
		if d := app.API.Domain; d != nil {
			want["apigatewayv2 domain "+d.Name]++
			if d.Request {
				want["acm certificate "+d.Name]++
			}
		}
		got := map[string]int{}
		for _, res := range r.aws.Resources() {
			if strings.HasPrefix(res, "acm") || strings.HasPrefix(res, "apigatewayv2 domain") {
				got[res]++
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%d: there is %v, want %v", i, got, want)
		}
	}
	r.reachable(t, domainName)
	must(t, r.delete(t.Context(), requested(t)))
	r.empty(t)
}

// TestSharedDomainKeepsItsCertificate: the stage that made the domain name goes, and another one
// that uses it stays reachable.
func TestSharedDomainKeepsItsCertificate(t *testing.T) {
	r, first, second := zoned(t), requested(t), withDomain(t)
	must(t, r.deploy(t.Context(), first))
	of := &rig{aws: r.aws, file: r.file + ".second"}
	second.Name, second.API.Domain.Prefix = "second", "two"
	must(t, of.deploy(t.Context(), second))
	target := r.aws.LookUp(domainName, "A")
	must(t, r.delete(t.Context(), first))
	if got := r.aws.LookUp(domainName, "A"); got != target || got == "" {
		t.Errorf("the domain name leads to %q, and led to %q", got, target)
	}
	if !slices.Contains(r.aws.Resources(), "acm certificate "+domainName) {
		t.Error("the certificate is gone")
	}
}

// TestZones: which zone gets the records, and which are refused.
func TestZones(t *testing.T) {
	r, app := zoned(t), requested(t)
	private := r.aws.AddZone("inside.example.com", true)
	other := r.aws.AddZone("example.net", false)
	for zone, want := range map[string]string{
		private: "private zone", other: "cannot have records of", "Z0": "there is no zone Z0",
		"somewhere": "must be auto, none, or the id",
	} {
		app.API.Domain.Zone = zone
		if err := r.deploy(t.Context(), app); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("zone %s: %v, want %q", zone, err, want)
		}
	}
	twin := r.aws.AddZone("example.com", false)
	app.API.Domain.Zone = ""
	err := r.deploy(t.Context(), app)
	if err == nil || !strings.Contains(err.Error(), "two hosted zones example.com") {
		t.Errorf("two zones: %v", err)
	}
	app.API.Domain.Zone = twin
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	must(t, r.delete(t.Context(), app))
	r.empty(t)
}

// TestDeployerPolicyOfDomains: ACM and Route 53 are in the policy of a stage that needs them only,
// and each call is in it.
func TestDeployerPolicyOfDomains(t *testing.T) {
	account := deploy.Account{ID: awstest.Account, Region: awstest.Region, Partition: "aws"}
	text := func(app deploy.Application) string {
		out, err := json.Marshal(deploy.DeployerPolicy(app, account))
		must(t, err)
		return string(out)
	}
	for _, app := range []deploy.Application{echo(t), withDomain(t)} {
		if got := text(app); strings.Contains(got, "acm:") || strings.Contains(got, "route53:") {
			t.Errorf("without need the policy is %s", got)
		}
	}
	r, app := zoned(t), requested(t)
	must(t, r.deploy(t.Context(), app))
	must(t, r.delete(t.Context(), app))
	allowed := text(app)
	for _, call := range r.aws.Calls() {
		action := call.Service + ":" + call.Operation
		if (call.Service == "acm" || call.Service == "route53") && !strings.Contains(allowed, action) {
			t.Errorf("%s is called and not in the policy", action)
		}
	}
	if !strings.Contains(allowed, `"_*.chat.example.com"`) {
		t.Errorf("the names of records are not limited: %s", allowed)
	}
}
