// Package dns requests the certificate of the custom domain name, and writes the DNS records by
// which it is validated and found. It alone calls AWS Certificate Manager and Route 53.
package dns

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A client calls ACM and Route 53.
type client struct {
	certificates *acm.Client
	zones        *route53.Client
}

// A planner plans certificates and records.
type planner struct {
	*plan.Planner
	client client
	found  found
}

// A run carries out the steps of certificates and records.
type run struct {
	*plan.Run
	client
}

func (c client) run(r *plan.Run) run { return run{r, c} }

func newClient(cfg aws.Config) client {
	return client{acm.NewFromConfig(cfg), route53.NewFromConfig(cfg)}
}

// Certificate returns the kind of resource that a certificate with its record is. It comes before
// the custom domain name, which needs a certificate that is issued. The request is the first step,
// so that ACM looks for the record while the rest is made. What is no longer needed is deleted
// after the domain name, the alias, too: other APIs may use the name.
func Certificate(cfg aws.Config) plan.Kind {
	c := newClient(cfg)
	return plan.Kind{
		Find: c.findCertificates, Discover: c.discover, Attached: c.attached,
		Types: []plan.ResourceType{c.aliasType(), c.certificateType(), c.validationType()},
	}
}

// Alias returns the kind of resource that an alias record is. It comes after the custom domain
// name, to which it leads.
func Alias(cfg aws.Config) plan.Kind {
	c := newClient(cfg)
	return plan.Kind{Find: c.findAliases}
}

// found is what exists for the domain name of the application.
type found struct {
	certificate *foundCertificate // nil if there is none
	zone        *zone             // nil if the DNS is elsewhere
	records     []record          // of the domain name
	validation  []record          // of the name that ACM has chosen
}

func (c client) findCertificates(
	ctx context.Context, app spec.Application, state plan.State,
) (plan.Found, error) {
	f, err := c.find(ctx, app, state)
	if err != nil {
		return plan.Found{}, err
	}
	plans := func(p *plan.Planner) *planner { return &planner{p, c, f} }
	out := plan.Found{
		IDs: f.ids(app),
		First: func(p *plan.Planner) {
			plans(p).certificate()
			plans(p).validation()
		},
		Last:  func(p *plan.Planner) { plans(p).issue() },
		Stale: func(p *plan.Planner) { plans(p).stale() },
	}
	if f.certificate != nil {
		out.Tags = append(out.Tags, f.certificate.tags)
	}
	return out, nil
}

func (c client) findAliases(
	ctx context.Context, app spec.Application, _ plan.State,
) (plan.Found, error) {
	d := app.API.Domain
	var f found
	var err error
	if d == nil {
		return plan.Found{}, nil
	}
	if f.zone, err = c.findZone(ctx, *d); err != nil || f.zone == nil {
		return plan.Found{}, err
	}
	if f.records, err = c.records(ctx, f.zone.id, d.Name); err != nil {
		return plan.Found{}, err
	}
	return plan.Found{Last: func(p *plan.Planner) { (&planner{p, c, f}).alias() }}, nil
}

func (c client) find(
	ctx context.Context, app spec.Application, state plan.State,
) (f found, err error) {
	d := app.API.Domain
	if d == nil || !d.Request {
		return f, nil
	}
	if f.zone, err = c.findZone(ctx, *d); err != nil {
		return f, err
	}
	known, _ := state.Find(plan.TypeCertificate, d.Name)
	if f.certificate, err = c.findCertificate(ctx, app, known.CertificateARN); err != nil {
		return f, err
	}
	if f.zone != nil && f.certificate != nil && f.certificate.record.name != "" {
		f.validation, err = c.records(ctx, f.zone.id, f.certificate.record.name)
	}
	return f, err
}

// ids returns the function that adds the certificate for the domain name.
func (f found) ids(app spec.Application) func(*plan.IDs) {
	return func(ids *plan.IDs) {
		d := app.API.Domain
		if d == nil || !d.Request {
			return
		}
		ids.Issues = f.zone != nil
		if have := f.certificate; have != nil && !have.isDead() {
			ids.Certificate = have.arn
			ids.Issues = ids.Issues || have.isIssued()
		}
	}
}

// stale plans the deletion of what is of another domain name, or not wanted any more.
func (p *planner) stale() {
	d := p.App.API.Domain
	if d != nil && d.Request && !p.Known.Issues {
		return // the old domain name stays, too
	}
	wanted := func(res plan.Resource) bool { return d != nil && res.DomainName == d.Name }
	requested := func(res plan.Resource) bool { return wanted(res) && d.Request }
	p.DeleteStale(p.client.aliasType(), wanted) // clients need them, also if others write them now
	p.DeleteStale(p.client.certificateType(), requested)
	p.DeleteStale(p.client.validationType(), requested)
}
