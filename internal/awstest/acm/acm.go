// Package acm is AWS Certificate Manager in memory: certificates that are validated by DNS.
package acm

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// State is what ACM has.
type State struct {
	*account.Account

	// Lookup returns the value of a record in the public DNS, "" if there is none.
	Lookup func(name, kind string) string
	// InUse reports whether another service has a certificate.
	InUse func(arn string) bool

	certificates map[string]*certificate
	failure      string // why the next certificate fails
}

type certificate struct {
	arn, domain string
	status      string
	reason      string
	token       string // of the request
	at          time.Time
	tags        map[string]string

	recordless int // polls for which it has no record
	unchecked  int // polls for which ACM does not see that there is the record
	released   int // refusals to delete it after another service has let go of it
}

// New returns the state of an account without certificates.
func New(a *account.Account) *State {
	return &State{Account: a, certificates: make(map[string]*certificate)}
}

// Fail makes the next certificate fail for a reason, such as "CAA_ERROR", once its record is seen.
func (s *State) Fail(reason string) { s.failure = reason }

// Resources names everything that exists.
func (s *State) Resources() []string {
	var all []string
	for _, c := range s.certificates {
		all = append(all, "acm certificate "+c.domain)
	}
	return all
}

// Issued reports whether a certificate may be used. One that the account does not have is that of
// a test that needs none.
func (s *State) Issued(arn string) bool {
	c := s.certificates[arn]
	return c == nil || c.status == "ISSUED"
}

// Operations returns the operations that are served, by their names.
func (s *State) Operations() map[string]wire.Operation {
	return map[string]wire.Operation{
		"RequestCertificate":        s.request,
		"DescribeCertificate":       s.describe,
		"ListCertificates":          s.list,
		"DeleteCertificate":         s.delete,
		"ListTagsForCertificate":    s.listTags,
		"AddTagsToCertificate":      s.addTags,
		"RemoveTagsFromCertificate": s.removeTags,
	}
}

// tokenLife is how long a token names the certificate that was requested with it.
// (https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html)
const tokenLife = time.Hour

func (s *State) request(in wire.Params) (map[string]any, error) {
	if in.Str("ValidationMethod") != "DNS" {
		return nil, wire.Unserved("validation by email")
	}
	now := s.Now()
	for _, c := range s.certificates {
		if c.token != "" && c.token == in.Str("IdempotencyToken") && now.Sub(c.at) < tokenLife {
			return map[string]any{"CertificateArn": c.arn}, nil
		}
	}
	c := &certificate{
		arn: account.ARN("acm", "certificate/"+s.NewUUID()), domain: in.Str("DomainName"),
		status: "PENDING_VALIDATION", token: in.Str("IdempotencyToken"), at: now, tags: tags(in),
		recordless: s.Settle, unchecked: s.Settle,
	}
	c.reason, s.failure = s.failure, ""
	s.certificates[c.arn] = c
	return map[string]any{"CertificateArn": c.arn}, nil
}

func tags(in wire.Params) map[string]string {
	all := make(map[string]string)
	for _, tag := range in.Objs("Tags") {
		all[tag.Str("Key")] = tag.Str("Value")
	}
	return all
}

func (s *State) find(in wire.Params) (*certificate, error) {
	arn := in.Str("CertificateArn")
	if c := s.certificates[arn]; c != nil {
		return c, nil
	}
	return nil, wire.Fail(http.StatusBadRequest, "ResourceNotFoundException",
		"Could not find certificate %s.", arn)
}

// record returns the record that proves who owns a domain. It depends on the account and the
// domain only. (https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html)
func (c *certificate) record() (name, value string) {
	sum := sha256.Sum256([]byte(account.ID + c.domain))
	text := hex.EncodeToString(sum[:])
	return "_" + text[:32] + "." + c.domain + ".", "_" + text[32:] + ".abcdefghij.acm-validations.aws."
}

// settle looks for the record of a certificate.
func (s *State) settle(c *certificate) {
	name, value := c.record()
	if c.status != "PENDING_VALIDATION" || s.Lookup(name, "CNAME") != value ||
		account.Poll(&c.unchecked) {
		return
	}
	c.status = "ISSUED"
	if c.reason != "" {
		c.status = "FAILED"
	}
}

func (s *State) describe(in wire.Params) (map[string]any, error) {
	c, err := s.find(in)
	if err != nil {
		return nil, err
	}
	s.settle(c)
	validation := map[string]any{
		"DomainName": c.domain, "ValidationDomain": c.domain, "ValidationMethod": "DNS",
		"ValidationStatus": map[string]string{"ISSUED": "SUCCESS", "FAILED": "FAILED"}[c.status],
	}
	if validation["ValidationStatus"] == "" {
		validation["ValidationStatus"] = "PENDING_VALIDATION"
	}
	if !account.Poll(&c.recordless) {
		name, value := c.record()
		validation["ResourceRecord"] = map[string]any{"Name": name, "Type": "CNAME", "Value": value}
	}
	out := map[string]any{
		"CertificateArn": c.arn, "DomainName": c.domain, "Status": c.status, "Type": "AMAZON_ISSUED",
		"KeyAlgorithm": "RSA_2048", "CreatedAt": c.at, "DomainValidationOptions": []any{validation},
		"SubjectAlternativeNames": []any{c.domain}, "InUseBy": []any{},
	}
	if c.status == "FAILED" {
		out["FailureReason"] = c.reason
	}
	return map[string]any{"Certificate": out}, nil
}

func (s *State) list(in wire.Params) (map[string]any, error) {
	arns := slices.Sorted(maps.Keys(s.certificates))
	page, next := account.PageOfStrings(s.Account, arns, 0, in.Str("NextToken"))
	list := []any{}
	for _, arn := range page {
		c := s.certificates[arn]
		list = append(list, map[string]any{
			"CertificateArn": arn, "DomainName": c.domain, "Status": c.status,
		})
	}
	return wire.WithNext(map[string]any{"CertificateSummaryList": list}, "NextToken", next), nil
}

// delete refuses a certificate that another service has, or had a moment ago.
// (https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html)
func (s *State) delete(in wire.Params) (map[string]any, error) {
	c, err := s.find(in)
	if err != nil {
		return nil, err
	}
	used := s.InUse(c.arn)
	if used {
		c.released = s.Settle
	}
	if used || account.Poll(&c.released) {
		return nil, wire.Fail(http.StatusBadRequest, "ResourceInUseException",
			"Certificate %s is in use.", c.arn)
	}
	delete(s.certificates, c.arn)
	return nil, nil
}

func (s *State) listTags(in wire.Params) (map[string]any, error) {
	c, err := s.find(in)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, key := range slices.Sorted(maps.Keys(c.tags)) {
		list = append(list, map[string]any{"Key": key, "Value": c.tags[key]})
	}
	return map[string]any{"Tags": list}, nil
}

func (s *State) addTags(in wire.Params) (map[string]any, error) {
	c, err := s.find(in)
	if err != nil {
		return nil, err
	}
	maps.Copy(c.tags, tags(in))
	if len(c.tags) > account.MaxTags {
		return nil, wire.Fail(http.StatusBadRequest, "TooManyTagsException", "too many tags")
	}
	return nil, nil
}

func (s *State) removeTags(in wire.Params) (map[string]any, error) {
	c, err := s.find(in)
	if err != nil {
		return nil, err
	}
	for key := range tags(in) {
		delete(c.tags, key)
	}
	return nil, nil
}
