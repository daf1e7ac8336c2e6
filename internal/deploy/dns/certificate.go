package dns

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// zoneTag is the tag of a certificate whose record deploy has written, with the id of the zone.
// Other certificates of the same domain have the same record, so it must be known who has made it.
const zoneTag = spec.TagKey + ":record"

// A foundCertificate is an existing certificate.
type foundCertificate struct {
	arn, domain string
	status      types.CertificateStatus
	reason      string
	record      struct{ name, value string } // by which ACM knows the owner; empty at first
	tags        map[string]string
	zone        string // of the record, if deploy has written it
}

func (f foundCertificate) isIssued() bool { return f.status == types.CertificateStatusIssued }

// isDead reports whether a certificate was never issued, and never will be.
func (f foundCertificate) isDead() bool {
	return f.status == types.CertificateStatusFailed ||
		f.status == types.CertificateStatusValidationTimedOut
}

// findCertificate looks for the certificate of the application: by the ARN in the state, which may
// be empty, and by domain name and tag.
func (c client) findCertificate(
	ctx context.Context, app spec.Application, known string,
) (*foundCertificate, error) {
	if known != "" {
		have, err := c.describe(ctx, known)
		if have != nil || err != nil {
			return have, err
		}
	}
	all, err := c.search(ctx, app, app.API.Domain.Name)
	var best *foundCertificate
	for i, have := range all {
		if best == nil || best.isDead() || have.isIssued() && !best.isIssued() {
			best = &all[i]
		}
	}
	return best, err
}

// search returns the certificates of a domain name that have the tag of the application.
func (c client) search(
	ctx context.Context, app spec.Application, domain string,
) ([]foundCertificate, error) {
	var all []foundCertificate
	pages := acm.NewListCertificatesPaginator(c.certificates, &acm.ListCertificatesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.CertificateSummaryList {
			if aws.ToString(s.DomainName) != domain {
				continue
			}
			have, err := c.describe(ctx, *s.CertificateArn)
			if err != nil {
				return nil, err
			}
			if have != nil && have.tags[spec.TagKey] == app.Tag() {
				all = append(all, *have)
			}
		}
	}
	return all, nil
}

// describe returns nil if there is no such certificate.
func (c client) describe(ctx context.Context, arn string) (*foundCertificate, error) {
	out, err := c.certificates.DescribeCertificate(ctx,
		&acm.DescribeCertificateInput{CertificateArn: &arn})
	if isNoCertificate(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	have := &foundCertificate{
		arn: arn, domain: aws.ToString(out.Certificate.DomainName), status: out.Certificate.Status,
		reason: string(out.Certificate.FailureReason), tags: make(map[string]string),
	}
	for _, v := range out.Certificate.DomainValidationOptions {
		if v.ResourceRecord != nil {
			have.record.name = trimDot(aws.ToString(v.ResourceRecord.Name))
			have.record.value = trimDot(aws.ToString(v.ResourceRecord.Value))
		}
	}
	tags, err := c.certificates.ListTagsForCertificate(ctx,
		&acm.ListTagsForCertificateInput{CertificateArn: &arn})
	if err != nil {
		return nil, ignoreGone(err)
	}
	for _, tag := range tags.Tags {
		have.tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	have.zone = have.tags[zoneTag]
	delete(have.tags, zoneTag)
	return have, nil
}

func isNoCertificate(err error) bool {
	_, ok := errors.AsType[*types.ResourceNotFoundException](err)
	return ok
}

func ignoreGone(err error) error {
	if isNoCertificate(err) {
		return nil
	}
	return err
}

// certificate plans the certificate. One that has failed is requested again.
func (p *planner) certificate() {
	d := p.App.API.Domain
	if d == nil || !d.Request {
		return
	}
	res := plan.Resource{Name: d.Name, Type: plan.TypeCertificate, DomainName: d.Name}
	have := p.found.certificate
	if have != nil && have.isDead() {
		p.Warn("certificate %s of %s has the status %s (%s), so another one is requested",
			have.arn, d.Name, have.status, have.reason)
		gone := res
		gone.CertificateARN = have.arn
		p.Add(plan.Deletion(gone, d.Name, "certificate", have.arn,
			func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).deleteCertificate(ctx, gone.CertificateARN)
			}))
		have = nil
	}
	if have == nil {
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeCertificate, Name: d.Name, Resource: res,
			Line: "Requesting certificate: " + d.Name,
			Do: func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return p.client.run(r).request(ctx, *d, res, p.found.zone == nil)
			},
		})
		return
	}
	res.CertificateARN, res.RecordName, res.RecordValue = have.arn, have.record.name, have.record.value
	var diff plan.Changes
	want := p.App.ResourceTags(d.Tags)
	diff.Tags(have.tags, want)
	if have.record.name == "" { // a run has died between the request and this
		diff.Compare("DNS record", "", "the one that ACM chooses")
	}
	p.Update(plan.TypeCertificate, d.Name, "", diff, res,
		func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
			if err := p.client.run(r).retag(ctx, have.arn, have.tags, want); err != nil {
				return err
			}
			return p.client.run(r).awaitRecord(ctx, res, p.found.zone == nil)
		})
}

// request requests a certificate, and waits for its record. The token is one of
// this step: the SDK's retries of the call are one request.
func (r run) request(
	ctx context.Context, d spec.Domain, res *plan.Resource, elsewhere bool,
) error {
	out, err := r.certificates.RequestCertificate(ctx, &acm.RequestCertificateInput{
		DomainName: &d.Name, ValidationMethod: types.ValidationMethodDns,
		IdempotencyToken: aws.String(rand.Text()), Tags: tagList(r.App.ResourceTags(d.Tags)),
	})
	if err != nil {
		return err
	}
	r.IDs.Certificate, res.CertificateARN = *out.CertificateArn, *out.CertificateArn
	return r.awaitRecord(ctx, res, elsewhere)
}

// awaitRecord waits until ACM has chosen the record of a certificate, and prints one that deploy
// does not make.
func (r run) awaitRecord(ctx context.Context, res *plan.Resource, elsewhere bool) error {
	if res.RecordName != "" {
		return nil
	}
	const limit = 5 * time.Minute
	err := r.Await(ctx, "the DNS record of the certificate", limit, func() (bool, error) {
		have, err := r.describe(ctx, res.CertificateARN)
		if err != nil || have == nil {
			return false, err
		}
		res.RecordName, res.RecordValue = have.record.name, have.record.value
		return res.RecordName != "", nil
	})
	if err == nil && elsewhere {
		r.Progress(fmt.Sprintf("Make this DNS record, and deploy again when ACM has seen it: %s CNAME %s",
			res.RecordName, res.RecordValue))
	}
	return err
}

func tagList(all map[string]string) []types.Tag {
	var list []types.Tag
	for key, value := range all {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return list
}

func (r run) retag(ctx context.Context, arn string, have, want map[string]string) error {
	set, unset := plan.TagChanges(have, want)
	if len(unset) > 0 {
		var list []types.Tag
		for _, key := range unset {
			list = append(list, types.Tag{Key: aws.String(key)})
		}
		_, err := r.certificates.RemoveTagsFromCertificate(ctx,
			&acm.RemoveTagsFromCertificateInput{CertificateArn: &arn, Tags: list})
		if err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	_, err := r.certificates.AddTagsToCertificate(ctx,
		&acm.AddTagsToCertificateInput{CertificateArn: &arn, Tags: tagList(set)})
	return err
}

// issue plans to wait for a certificate whose record deploy writes. Without a hosted zone it warns
// of the record that is missing: the next deploy goes on.
func (p *planner) issue() {
	d := p.App.API.Domain
	if d == nil || !d.Request {
		return
	}
	have := p.found.certificate
	status := string(types.CertificateStatusPendingValidation)
	if have != nil && !have.isDead() {
		status = string(have.status)
	}
	switch {
	case status == string(types.CertificateStatusIssued):
	case p.found.zone != nil:
		z := *p.found.zone
		p.Add(plan.Step{
			Action: plan.Update, Type: plan.TypeCertificate, Name: d.Name,
			Changes: plan.Changes{{
				Property: "status", From: status, To: string(types.CertificateStatusIssued),
			}},
			Line: "Waiting for certificate, which takes minutes: " + d.Name,
			Do: func(ctx context.Context, r *plan.Run, _ *plan.Resource) error {
				return p.client.run(r).awaitIssued(ctx, d.Name, z)
			},
		})
	case have != nil && !have.isDead():
		p.Warn("custom domain name %s has to wait: its certificate is %s; if this DNS record is "+
			"missing, make it, and deploy again when ACM has seen it: %s CNAME %s",
			d.Name, status, have.record.name, have.record.value)
	default:
		p.Warn("there is no hosted zone of Route 53 for %s, so this deploy prints the DNS record that "+
			"its certificate needs, and a later one makes the custom domain name", d.Name)
	}
}

// issueLimit is how long to wait for a certificate. ACM has it within minutes of the record, and
// says half an hour at most. (https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html)
const issueLimit = 30 * time.Minute

// awaitIssued waits until a certificate may be used.
func (r run) awaitIssued(ctx context.Context, domain string, z zone) error {
	pending := false
	err := r.Await(ctx, "certificate of "+domain, issueLimit, func() (bool, error) {
		have, err := r.describe(ctx, r.IDs.Certificate)
		pending = err == nil && have != nil && have.status == types.CertificateStatusPendingValidation
		switch {
		case err != nil || pending:
			return false, err
		case have == nil:
			return false, fmt.Errorf("certificate %s was deleted meanwhile", r.IDs.Certificate)
		case have.isIssued():
			return true, nil
		}
		return false, fmt.Errorf("certificate %s has the status %s (%s)%s; the next deploy requests "+
			"another one", have.arn, have.status, have.reason, advice(have.reason))
	})
	if err != nil && pending && ctx.Err() == nil {
		return fmt.Errorf("%w; the record is in hosted zone %s: if ACM does not see it, the domain is "+
			"not delegated to that zone (\"dig NS %s\" must print its name servers), or another zone is "+
			"nearer; and a CAA record of the domain must allow amazon.com, if there is one",
			err, z.id, z.name)
	}
	return err
}

// advice says what to do about the reason of a failure.
// (https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-failed.html)
func advice(reason string) string {
	switch types.FailureReason(reason) {
	case types.FailureReasonCaaError:
		return ": a CAA record of the domain, or of one above it, does not allow amazon.com"
	case types.FailureReasonDomainNotAllowed, types.FailureReasonAdditionalVerificationRequired:
		return ": AWS Support has to allow this domain name"
	case types.FailureReasonInvalidPublicDomain:
		return ": the domain name is not a public one"
	}
	return ""
}

func (c client) certificateType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeCertificate, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.DomainName, "certificate", res.CertificateARN,
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).deleteCertificates(ctx, res)
			})
	}}
}

// deleteCertificates deletes a recorded certificate, and all others of the domain name with our
// tag. That of a domain name that stays, stays.
func (r run) deleteCertificates(ctx context.Context, res *plan.Resource) error {
	all, err := r.search(ctx, r.App, res.DomainName)
	if err != nil {
		return err
	}
	arns := map[string]bool{}
	if res.CertificateARN != "" {
		arns[res.CertificateARN] = true
	}
	for _, have := range all {
		arns[have.arn] = true
		// A run that died may not have written down its record, which goes after the certificate.
		known, ok := r.State.Find(plan.TypeValidation, res.DomainName)
		if ok && known.RecordName == "" && have.zone != "" {
			known.RecordName, known.RecordValue = have.record.name, have.record.value
			r.State.Put(known)
		}
	}
	for arn := range arns {
		if err := r.deleteCertificate(ctx, arn); err != nil {
			return err
		}
	}
	return nil
}

// releaseLimit is how long API Gateway may take to let go of the certificate of a domain name that
// it has deleted.
const releaseLimit = 10 * time.Minute

func (r run) deleteCertificate(ctx context.Context, arn string) error {
	if r.IDs.CertificateStays {
		r.Progress("Keeping certificate of the custom domain name that stays: " + arn)
		have, err := r.describe(ctx, arn)
		if err != nil || have == nil {
			return err
		}
		return r.retag(ctx, arn, map[string]string{spec.TagKey: ""}, nil)
	}
	err := r.RetryWhile(ctx, "API Gateway to let go of certificate "+arn, releaseLimit, func() error {
		_, err := r.certificates.DeleteCertificate(ctx,
			&acm.DeleteCertificateInput{CertificateArn: &arn})
		return err
	}, func(err error) bool {
		_, used := errors.AsType[*types.ResourceInUseException](err)
		return used
	})
	return ignoreGone(err)
}
