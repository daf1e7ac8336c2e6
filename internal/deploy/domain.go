package deploy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// domainLogicalName is what the state file calls the custom domain name. While a domain name takes the
// place of another, both are in the file.
const domainLogicalName = "websocket_api_custom_domain"

// A foundDomain is a custom domain name that there is.
type foundDomain struct {
	name        string
	certificate string // its ARN
	policy      string // TLS_1_2
	status      types.DomainNameStatus
	zone, alias string // where an alias record of DNS has to point
	tags        map[string]string
	mappings    []foundMapping
}

func (c *Cloud) findDomain(ctx context.Context, app Application, _ State, f *Found) error {
	if app.API.Domain == nil {
		return nil
	}
	var err error
	f.domain, err = c.describeDomain(ctx, app.API.Domain.Name)
	if err != nil || f.domain == nil {
		return err
	}
	f.domain.mappings, err = c.findMappings(ctx, f.domain.name)
	return err
}

// describeDomain returns nil if there is no such domain name.
func (c *Cloud) describeDomain(ctx context.Context, name string) (*foundDomain, error) {
	out, err := c.apis.GetDomainName(ctx, &apigatewayv2.GetDomainNameInput{DomainName: &name})
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
		have.status = at.DomainNameStatus
	}
	return have, nil
}

// domain plans the custom domain name and the path of it that is the API's. A domain name that
// somebody else looks after is used as it is.
func (b *planner) domain() {
	want := b.app.API.Domain
	if want == nil {
		return
	}
	res := b.domainResource(*want)
	have := b.found.domain
	switch {
	case have == nil:
		b.add(Step{
			Action: Create, Type: TypeDomain, Name: want.Name, resource: res,
			line: "Creating custom domain name: " + want.Name,
			do: func(ctx context.Context, r *run, res *Resource) error {
				return r.createDomain(ctx, *want, res)
			},
		})
	case b.ownDomain(*have):
		b.ourDomain(*want, *have, res)
	default:
		b.adoptDomain(*want, *have, res)
	}
	b.mapping(*want, have != nil && !b.ownDomain(*have))
}

// domainResource returns the record of a domain name that is to be made.
func (b *planner) domainResource(want Domain) Resource {
	res := Resource{
		Name: domainLogicalName, Type: TypeDomain, DomainName: want.Name,
		CertificateARN: want.CertificateARN, SecurityPolicy: want.SecurityPolicy(),
		APIMapping: []MappingRecord{{Key: "/" + want.Key()}},
	}
	for _, known := range b.state.Of(TypeDomain) {
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

// ownDomain reports whether a domain name is the application's.
func (b *planner) ownDomain(have foundDomain) bool {
	if have.tags[spec.TagKey] == b.app.Tag() {
		return true
	}
	return slices.ContainsFunc(b.state.Of(TypeDomain), func(r Resource) bool {
		return r.DomainName == have.name && !r.Pending && !r.Adopted
	})
}

func (b *planner) ourDomain(want Domain, have foundDomain, res Resource) {
	res.HostedZoneID, res.AliasDomainName = have.zone, have.alias
	var diff changes
	diff.compare("certificate", have.certificate, want.CertificateARN)
	diff.compare("security policy", have.policy, want.SecurityPolicy())
	diff.tags(have.tags, b.app.ResourceTags(want.Tags))
	b.update(TypeDomain, want.Name, "Updating custom domain name: "+want.Name, diff, res,
		func(ctx context.Context, r *run, res *Resource) error {
			return r.updateDomain(ctx, want, have, res)
		})
}

// adoptDomain writes down a domain name that somebody else looks after, and says what they would
// have to change.
func (b *planner) adoptDomain(want Domain, have foundDomain, res Resource) {
	res.Adopted, res.HostedZoneID, res.AliasDomainName = true, have.zone, have.alias
	res.CertificateARN, res.SecurityPolicy = have.certificate, have.policy
	var diff changes
	diff.compare("certificate", have.certificate, want.CertificateARN)
	diff.compare("security policy", have.policy, want.SecurityPolicy())
	for _, c := range diff {
		b.warn("custom domain name %s has no tag %s=%s, so it is used as it is: "+
			"its %s is %s, not %s", want.Name, spec.TagKey, b.app.Tag(), c.Property, c.From, c.To)
	}
	b.update(TypeDomain, want.Name, "", nil, res, nil)
}

func (r *run) createDomain(ctx context.Context, want Domain, res *Resource) error {
	_, err := r.once(ctx, func() (string, error) {
		_, err := r.apis.CreateDomainName(ctx, &apigatewayv2.CreateDomainNameInput{
			DomainName: &want.Name, DomainNameConfigurations: domainConfiguration(want),
			Tags: r.app.ResourceTags(want.Tags),
		}, throttledOnly)
		return want.Name, err
	}, func() (string, error) {
		have, err := r.describeDomain(ctx, want.Name)
		if have == nil || have.tags[spec.TagKey] != r.app.Tag() {
			return "", err
		}
		return want.Name, nil
	})
	if err != nil {
		return err
	}
	return r.awaitDomain(ctx, res)
}

func (r *run) updateDomain(
	ctx context.Context, want Domain, have foundDomain, res *Resource,
) error {
	if have.certificate != want.CertificateARN || have.policy != want.SecurityPolicy() {
		_, err := r.apis.UpdateDomainName(ctx, &apigatewayv2.UpdateDomainNameInput{
			DomainName: &want.Name, DomainNameConfigurations: domainConfiguration(want),
		})
		if err != nil {
			return err
		}
	}
	if err := r.retag(ctx, "domainnames/"+want.Name, have.tags, r.app.ResourceTags(want.Tags)); err != nil {
		return err
	}
	return r.awaitDomain(ctx, res)
}

// awaitDomain waits until a domain name serves, and completes its record.
func (r *run) awaitDomain(ctx context.Context, res *Resource) error {
	return r.await(ctx, "custom domain name "+res.DomainName, 10*time.Minute, func() (bool, error) {
		have, err := r.describeDomain(ctx, res.DomainName)
		if err != nil {
			return false, err
		}
		if have == nil {
			return false, fmt.Errorf("custom domain name %s: somebody has deleted it",
				res.DomainName)
		}
		res.HostedZoneID, res.AliasDomainName = have.zone, have.alias
		switch have.status {
		case types.DomainNameStatusPendingCertificateReimport,
			types.DomainNameStatusPendingOwnershipVerification:
			return false, fmt.Errorf("custom domain name %s has the status %s; see to its "+
				"certificate", res.DomainName, have.status)
		}
		return have.status != types.DomainNameStatusUpdating, nil
	})
}

// domainConfiguration returns the only form that domain names of WebSocket APIs have.
func domainConfiguration(d Domain) []types.DomainNameConfiguration {
	return []types.DomainNameConfiguration{{
		CertificateArn: &d.CertificateARN, EndpointType: types.EndpointTypeRegional,
		SecurityPolicy: types.SecurityPolicy(d.SecurityPolicy()),
	}}
}

// deleteDomain deletes our mappings, and the domain name if it is ours. One that other APIs have
// come to use stays, without our tag.
func (r *run) deleteDomain(ctx context.Context, res *Resource) error {
	have, err := r.describeDomain(ctx, res.DomainName)
	if have == nil {
		return err
	}
	ours := have.tags[spec.TagKey] == r.app.Tag()
	if res.Pending && !ours {
		return nil
	}
	others, err := r.deleteMappings(ctx, res.DomainName)
	if err != nil || res.Adopted {
		return err
	}
	if others > 0 {
		r.progress("Keeping custom domain name, which other APIs use: " + res.DomainName)
		return r.retag(ctx, "domainnames/"+res.DomainName, map[string]string{spec.TagKey: ""}, nil)
	}
	_, err = r.apis.DeleteDomainName(ctx,
		&apigatewayv2.DeleteDomainNameInput{DomainName: &res.DomainName})
	return unlessGone(err)
}

func domainRecord() record {
	return record{name: TypeDomain, delete: func(res Resource) Step {
		return deletion(res, res.DomainName, "custom domain name", "", (*run).deleteDomain)
	}}
}
