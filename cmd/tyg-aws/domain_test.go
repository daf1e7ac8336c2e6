package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

// requestDomain has the certificate of a domain name requested.
func (a *account) requestDomain() {
	a.t.Helper()
	a.configure(`"version": "2.0",`, `"version": "2.0", "websocket_api_custom_domain": {`+
		`"domain_name": "chat.example.com", "certificate": "request"},`)
}

// One deploy makes a certificate, its record, the domain name and its records; a fresh checkout
// deletes them.
func TestDomainNameByOneDeploy(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.AddZone("example.com", false)
	a.requestDomain()
	o := a.tyg("plan")
	wantParts(t, o.stdout, "+ create certificate chat.example.com",
		"+ create certificate_validation record of chat.example.com",
		"~ update certificate chat.example.com\n    status: PENDING_VALIDATION -> ISSUED",
		"+ create domain_name chat.example.com", "+ create dns_record chat.example.com")
	o = a.tyg("deploy")
	wantParts(t, o.stderr, "Waiting for certificate, which takes minutes: chat.example.com")
	wantParts(t, o.stdout, "Requesting certificate: chat.example.com",
		"Creating DNS record for the certificate of chat.example.com",
		"Creating custom domain name: chat.example.com", "Creating DNS records: chat.example.com")
	if a.LookUp("chat.example.com", "AAAA") == "" {
		t.Error("the domain name leads nowhere")
	}
	if o := a.tyg("plan"); o.status != cli.ExitOK {
		t.Errorf("plan: status %d\n%s%s", o.status, o.stdout, o.stderr)
	}
	wantParts(t, a.must("gen-policy", "--deployer"), "acm:RequestCertificate",
		"route53:ChangeResourceRecordSets")
	a.forget()
	a.must("delete", "--yes")
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
}

// Where the DNS is elsewhere, the first deploy says which record to make, as text and as JSON, and
// the API works meanwhile.
func TestDomainNameElsewhere(t *testing.T) {
	a := newAccount(t, "small", "echo-server")
	a.requestDomain()
	var got struct {
		URL     string   `json:"url"`
		Waiting *waiting `json:"certificate_waits_for"`
	}
	if err := json.Unmarshal([]byte(a.must("deploy", "--json")), &got); err != nil {
		t.Fatal(err)
	}
	w := got.Waiting
	if w == nil || w.DomainName != "chat.example.com" || w.Type != "CNAME" || got.URL == "" ||
		!strings.HasSuffix(w.Name, ".chat.example.com") || w.Value == "" {
		t.Fatalf("deploy --json says %+v", got)
	}
	record := w.Name + " CNAME " + w.Value
	if o := a.tyg("plan"); o.status != cli.ExitOK || !strings.Contains(o.stderr, record) {
		t.Errorf("plan: status %d, want a warning of %s\n%s%s", o.status, record, o.stdout, o.stderr)
	}
	wantParts(t, a.must("deploy"), "Certificate of chat.example.com waits for a DNS record", record)
	a.Publish(w.Name+".", "CNAME", w.Value+".")
	wantParts(t, a.must("deploy"), "Creating custom domain name: chat.example.com", "AliasDomainName")
	a.must("delete", "--yes")
	if left := a.Resources(); len(left) > 0 {
		t.Errorf("delete has left %q", left)
	}
}
