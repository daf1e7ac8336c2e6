package awstest_test

import (
	"fmt"
	"strings"
	"testing"
)

// names has a zone, and an API behind a stage.
func names(t *testing.T) (a *account, zone string) {
	t.Helper()
	a = newAccount(t)
	return a, a.AddZone("example.com", false)
}

// change changes one record.
func change(zone, action string, set in) in {
	return in{"HostedZoneId": zone, "ChangeBatch": in{"Changes": []any{
		in{"Action": action, "ResourceRecordSet": set},
	}}}
}

func cname(name, value string) in {
	return in{
		"Name": name, "Type": "CNAME", "TTL": 300,
		"ResourceRecords": []any{in{"Value": value}},
	}
}

// TestACertificateIsIssuedByItsRecord: it has a record after a while, is issued after another one,
// and cannot be deleted while a domain name has it, nor a moment later.
func TestACertificateIsIssuedByItsRecord(t *testing.T) {
	a, zone := names(t)
	request := in{
		"DomainName": "ws.example.com", "ValidationMethod": "DNS", "IdempotencyToken": "t",
		"Tags": []any{in{"Key": "a", "Value": "b"}},
	}
	arn := a.do("acm RequestCertificate", request)["CertificateArn"]
	if again := a.do("acm RequestCertificate", request)["CertificateArn"]; again != arn {
		t.Errorf("the same token gives %v, want %v", again, arn)
	}
	certificate := in{"CertificateArn": arn}
	describe := func() in {
		t.Helper()
		return a.do("acm DescribeCertificate", certificate)["Certificate"].(in)
	}
	record := func() in {
		t.Helper()
		r, _ := describe()["DomainValidationOptions"].([]any)[0].(in)["ResourceRecord"].(in)
		return r
	}
	if r := record(); r != nil {
		t.Errorf("the record is %v at once", r)
	}
	r := record()
	domain := in{
		"DomainName": "ws.example.com", "DomainNameConfigurations": []any{in{"CertificateArn": arn}},
	}
	a.refused("apigatewayv2 CreateDomainName", domain, "BadRequestException", "must be ISSUED")
	a.do("route53 ChangeResourceRecordSets",
		change(zone, "CREATE", cname(r["Name"].(string), r["Value"].(string))))
	for _, want := range []string{"PENDING_VALIDATION", "ISSUED"} {
		if got := describe()["Status"]; got != want {
			t.Errorf("the certificate is %v, want %s", got, want)
		}
	}
	a.do("apigatewayv2 CreateDomainName", domain)
	a.refused("acm DeleteCertificate", certificate, "ResourceInUseException", "in use")
	a.do("apigatewayv2 DeleteDomainName", in{"DomainName": "ws.example.com"})
	a.refused("acm DeleteCertificate", certificate, "ResourceInUseException", "in use")
	a.do("acm DeleteCertificate", certificate)
	a.refused("acm DescribeCertificate", certificate, "ResourceNotFoundException", "")
	second := a.do("acm RequestCertificate", with(request, in{"IdempotencyToken": "u"}))
	certificate["CertificateArn"] = second["CertificateArn"]
	describe()
	if again := record(); fmt.Sprint(again) != fmt.Sprint(r) {
		t.Errorf("another certificate of the domain has the record %v, want %v", again, r)
	}
}

// TestRecordsChangeTogether: all changes of a batch, or none, with the reasons of AWS.
func TestRecordsChangeTogether(t *testing.T) {
	a, zone := names(t)
	old := cname("old.example.com", "a.example.com")
	out := a.do("route53 ChangeResourceRecordSets", change(zone, "CREATE", old))
	id := out["ChangeInfo"].(in)["Id"]
	for _, want := range []string{"PENDING", "INSYNC"} {
		got := a.do("route53 GetChange", in{"Id": id})["ChangeInfo"].(in)["Status"]
		if got != want {
			t.Errorf("the change is %v, want %s", got, want)
		}
	}
	alias := func(target string) in {
		return in{"Name": "ws.example.com", "Type": "A", "AliasTarget": in{
			"DNSName": target, "HostedZoneId": "Z2OJLYMUO9EFXC", "EvaluateTargetHealth": false,
		}}
	}
	const target = "d-1.execute-api.us-west-2.amazonaws.com"
	address := in{
		"Name": "old.example.com", "Type": "A", "TTL": 1,
		"ResourceRecords": []any{in{"Value": "192.0.2.1"}},
	}
	for _, refused := range []struct {
		action string
		set    in
		text   string
	}{
		{"CREATE", old, "already exists"},
		{"DELETE", cname("old.example.com", "b.example.com"), "do not match"},
		{"DELETE", cname("new.example.com", "b.example.com"), "was not found"},
		{"CREATE", cname("old.example.org", "b.example.com"), "not permitted in zone"},
		{"UPSERT", address, "conflicts with other records"},
		{"UPSERT", alias("d-1.example.net"), "does not lie within the target zone"},
		{"UPSERT", in{"Name": "x.example.com", "Type": "A", "TTL": 1}, "Expected exactly one"},
	} {
		batch := change(zone, "UPSERT", alias(target))
		changes := batch["ChangeBatch"].(in)
		changes["Changes"] = append(changes["Changes"].([]any),
			in{"Action": refused.action, "ResourceRecordSet": refused.set})
		a.refused("route53 ChangeResourceRecordSets", batch, "InvalidChangeBatch", refused.text)
		if got := a.LookUp("ws.example.com", "A"); got != "" {
			t.Fatalf("%s: the other change was made: %s", refused.text, got)
		}
	}
	a.refused("route53 ChangeResourceRecordSets", change("Z0", "UPSERT", old), "NoSuchHostedZone", "")
	a.do("route53 ChangeResourceRecordSets", change(zone, "UPSERT", alias(target)))
	if got := a.LookUp("ws.example.com", "A"); got != target+"." {
		t.Errorf("the alias leads to %q", got)
	}
	list := a.do("route53 ListResourceRecordSets", in{
		"HostedZoneId": zone, "StartRecordName": "p.example.com",
	})["ResourceRecordSets"].([]any)
	if len(list) != 1 || list[0].(in)["Name"] != "ws.example.com." {
		t.Errorf("from p.example.com on there is %v", list)
	}
	a.do("route53 ChangeResourceRecordSets", change(zone, "DELETE", alias(target)))
	a.do("route53 ChangeResourceRecordSets", change(zone, "DELETE", old))
	for _, left := range a.Resources() {
		if strings.HasPrefix(left, "route53") {
			t.Errorf("left is %s", left)
		}
	}
}
