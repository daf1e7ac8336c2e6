package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// domainLogicalName is the name of the custom domain name in the state file. While one domain name
// replaces another, both are in the file.
const domainLogicalName = "websocket_api_custom_domain"

// A foundDomain is an existing custom domain name.
type foundDomain struct {
	name        string
	certificate string // its ARN
	policy      string // TLS_1_2
	ipType      string
	status      types.DomainNameStatus
	zone, alias string // the target of an alias record in DNS
	tags        map[string]string
	mappings    []foundMapping
}

// findDomain looks for the custom domain name of the application, and its mappings. It returns nil
// if there is none.
func (c client) findDomain(ctx context.Context, app spec.Application) (*foundDomain, error) {
	if app.API.Domain == nil {
		return nil, nil
	}
	domain, err := c.describeDomain(ctx, app.API.Domain.Name)
	if err != nil || domain == nil {
		return nil, err
	}
	domain.mappings, err = c.findMappings(ctx, domain.name)
	return domain, err
}

// describeDomain returns nil if there is no such domain name.
func (c client) describeDomain(ctx context.Context, name string) (*foundDomain, error) {
	out, err := c.GetDomainName(ctx, &apigatewayv2.GetDomainNameInput{DomainName: &name})
	if notInGateway(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	have := &foundDomain{name: name, tags: out.Tags}
	for _, at := range out.DomainNameConfigurations[:min(1, len(out.DomainNameConfigurations))] {
		have.certificate, have.policy = aws.ToString(at.CertificateArn), string(at.SecurityPolicy)
		have.zone, have.alias = aws.ToString(at.HostedZoneId), aws.ToString(at.ApiGatewayDomainName)
		have.status, have.ipType = at.DomainNameStatus, string(at.IpAddressType)
	}
	return have, nil
}

// domain plans the custom domain name and the mapping of the API. A domain name that this
// application has not created is used unchanged.
func (p *planner) domain() {
	want := p.certified()
	if want == nil {
		return
	}
	res := p.domainResource(*want)
	have := p.found.domain
	switch {
	case have == nil:
		p.Add(plan.Step{
			Action: plan.Create, Type: plan.TypeDomain, Name: want.Name, Resource: res,
			Line: "Creating custom domain name: " + want.Name,
			Do: func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return p.client.run(r).createDomain(ctx, *want, res)
			},
		})
	case p.ownDomain(*have):
		p.ourDomain(*want, *have, res)
	default:
		p.adoptDomain(*want, *have, res)
	}
	p.mapping(*want, have != nil && !p.ownDomain(*have))
}

// newCertificate stands for the ARN of a certificate that is requested by this plan.
const newCertificate = "a new one"

// certified returns the wanted domain name with its certificate, or nil if there is no domain name,
// or none before its certificate is issued. A domain name that exists keeps its certificate until
// then.
func (p *planner) certified() *spec.Domain {
	if p.App.API.Domain == nil {
		return nil
	}
	want := *p.App.API.Domain
	switch {
	case !want.Request:
	case p.Known.Issues:
		want.CertificateARN = cmp.Or(p.Known.Certificate, newCertificate)
	case p.found.domain == nil:
		return nil
	default:
		want.CertificateARN = p.found.domain.certificate
	}
	return &want
}

// certified returns a domain name with the ARN of a certificate that was requested meanwhile.
func (r run) certified(want spec.Domain) spec.Domain {
	if want.CertificateARN == newCertificate {
		want.CertificateARN = r.IDs.Certificate
	}
	return want
}

// domainResource returns the entry in the state file of a domain name to create.
func (p *planner) domainResource(want spec.Domain) plan.Resource {
	res := plan.Resource{
		Name: domainLogicalName, Type: plan.TypeDomain, DomainName: want.Name,
		CertificateARN: want.CertificateARN, SecurityPolicy: want.SecurityPolicy(),
		APIMapping: []plan.MappingRecord{{Key: "/" + want.Key()}},
	}
	for _, known := range p.State.Of(plan.TypeDomain) {
		if known.DomainName == want.Name {
			res.Name = known.Name
			break
		}
		if known.Name == domainLogicalName {
			res.Name = domainLogicalName + ":" + want.Name
		}
	}
	return res
}

// ownDomain reports whether this application has created a domain name.
func (p *planner) ownDomain(have foundDomain) bool {
	if have.tags[spec.TagKey] == p.App.Tag() {
		return true
	}
	return slices.ContainsFunc(p.State.Of(plan.TypeDomain), func(r plan.Resource) bool {
		return r.DomainName == have.name && !r.Pending && !r.Adopted
	})
}

func (p *planner) ourDomain(want spec.Domain, have foundDomain, res plan.Resource) {
	res.HostedZoneID, res.AliasDomainName = have.zone, have.alias
	diff := have.diff(want)
	diff.Tags(have.tags, p.App.ResourceTags(want.Tags))
	p.Update(plan.TypeDomain, want.Name, "Updating custom domain name: "+want.Name, diff, res,
		func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
			return p.client.run(r).updateDomain(ctx, want, have, res)
		})
}

// adoptDomain records a domain name that this application has not created, and warns of properties
// that differ.
func (p *planner) adoptDomain(want spec.Domain, have foundDomain, res plan.Resource) {
	res.Adopted, res.HostedZoneID, res.AliasDomainName = true, have.zone, have.alias
	res.CertificateARN, res.SecurityPolicy = have.certificate, have.policy
	for _, c := range have.diff(want) {
		p.Warn("custom domain name %s has no tag %s=%s, so it is used unchanged: "+
			"its %s is %s, not %s", want.Name, spec.TagKey, p.App.Tag(), c.Property, c.From, c.To)
	}
	p.Update(plan.TypeDomain, want.Name, "", nil, res, nil)
}

// diff compares what UpdateDomainName can change.
func (have foundDomain) diff(want spec.Domain) plan.Changes {
	var diff plan.Changes
	diff.Compare("certificate", have.certificate, want.CertificateARN)
	diff.Compare("security policy", have.policy, want.SecurityPolicy())
	if want.IPAddressType != "" {
		diff.Compare("IP address type", have.ipType, want.IPAddressType)
	}
	return diff
}

func (r run) createDomain(ctx context.Context, want spec.Domain, res *plan.Resource) error {
	want = r.certified(want)
	res.CertificateARN = want.CertificateARN
	_, err := r.createOnce(ctx, func() (string, error) {
		_, err := r.CreateDomainName(ctx, &apigatewayv2.CreateDomainNameInput{
			DomainName: &want.Name, DomainNameConfigurations: domainConfiguration(want),
			Tags: r.App.ResourceTags(want.Tags),
		}, throttledOnly)
		return want.Name, err
	}, func() (string, error) {
		have, err := r.describeDomain(ctx, want.Name)
		if have == nil || have.tags[spec.TagKey] != r.App.Tag() {
			return "", err
		}
		return want.Name, nil
	})
	if err != nil {
		return err
	}
	return r.awaitDomain(ctx, res)
}

func (r run) updateDomain(
	ctx context.Context, want spec.Domain, have foundDomain, res *plan.Resource,
) error {
	want = r.certified(want)
	res.CertificateARN = want.CertificateARN
	if len(have.diff(want)) > 0 {
		want.IPAddressType = cmp.Or(want.IPAddressType, have.ipType)
		_, err := r.UpdateDomainName(ctx, &apigatewayv2.UpdateDomainNameInput{
			DomainName: &want.Name, DomainNameConfigurations: domainConfiguration(want),
		})
		if err != nil {
			return err
		}
	}
	if err := r.retag(ctx, "domainnames/"+want.Name, have.tags,
		r.App.ResourceTags(want.Tags)); err != nil {
		return err
	}
	return r.awaitDomain(ctx, res)
}

// awaitDomain waits until a domain name is available, and completes its resource.
func (r run) awaitDomain(ctx context.Context, res *plan.Resource) error {
	return r.Await(ctx, "custom domain name "+res.DomainName, 10*time.Minute, func() (bool, error) {
		have, err := r.describeDomain(ctx, res.DomainName)
		if err != nil {
			return false, err
		}
		if have == nil {
			return false, fmt.Errorf("custom domain name %s was deleted while it was being created",
				res.DomainName)
		}
		res.HostedZoneID, res.AliasDomainName = have.zone, have.alias
		r.IDs.DomainZone, r.IDs.DomainTarget = have.zone, have.alias
		switch have.status {
		case types.DomainNameStatusPendingCertificateReimport,
			types.DomainNameStatusPendingOwnershipVerification:
			return false, fmt.Errorf("custom domain name %s has the status %s; check its "+
				"certificate", res.DomainName, have.status)
		}
		return have.status != types.DomainNameStatusUpdating, nil
	})
}

// domainConfiguration returns the only form that domain names of WebSocket APIs have.
func domainConfiguration(d spec.Domain) []types.DomainNameConfiguration {
	return []types.DomainNameConfiguration{{
		CertificateArn: &d.CertificateARN, EndpointType: types.EndpointTypeRegional,
		SecurityPolicy: types.SecurityPolicy(d.SecurityPolicy()),
		IpAddressType:  types.IpAddressType(d.IPAddressType),
	}}
}

func (c client) domainType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeDomain, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.DomainName, "custom domain name", "",
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).deleteDomain(ctx, res)
			})
	}}
}

// deleteDomain deletes our mappings, and the domain name if this application has created it. A
// domain name that other APIs use stays, without our tag.
func (r run) deleteDomain(ctx context.Context, res *plan.Resource) error {
	have, err := r.describeDomain(ctx, res.DomainName)
	if have == nil {
		return err
	}
	ours := have.tags[spec.TagKey] == r.App.Tag()
	if res.Pending && !ours {
		return nil
	}
	r.IDs.DomainTarget = have.alias
	others, err := r.deleteMappings(ctx, res.DomainName)
	r.IDs.DomainStays = others > 0
	r.IDs.CertificateStays = others > 0 && !res.Adopted
	if err != nil || res.Adopted {
		return err
	}
	if others > 0 {
		r.Progress("Keeping custom domain name, which other APIs use: " + res.DomainName)
		return r.retag(ctx, "domainnames/"+res.DomainName, map[string]string{spec.TagKey: ""}, nil)
	}
	_, err = r.DeleteDomainName(ctx,
		&apigatewayv2.DeleteDomainNameInput{DomainName: &res.DomainName})
	return ignoreGone(err)
}
