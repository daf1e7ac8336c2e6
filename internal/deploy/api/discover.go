package api

import (
	"context"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// discover looks for the API by name and tag, and for the custom domain name, if the application
// has one. A domain name without the tag counts as adopted: it may have a mapping to the API. The
// account is not known here, so the API has an id and no URL.
func (c client) discover(ctx context.Context, app spec.Application) ([]plan.Resource, error) {
	var list []plan.Resource
	domain, err := c.findDomain(ctx, app)
	if err != nil {
		return nil, err
	}
	if domain != nil {
		ours := domain.tags[spec.TagKey] == app.Tag()
		list = append(list, plan.Resource{
			Name: domainLogicalName, Type: plan.TypeDomain, Pending: ours, Adopted: !ours,
			DomainName: domain.name, HostedZoneID: domain.zone, AliasDomainName: domain.alias,
			CertificateARN: domain.certificate, SecurityPolicy: domain.policy,
		})
	}
	ids, err := c.ownAPIs(ctx, app)
	if err != nil || len(ids) == 0 {
		return list, err
	}
	res := plan.Resource{
		Name: apiLogicalName, Type: plan.TypeAPI, Pending: true, APIName: app.APIName(),
	}
	if len(ids) == 1 {
		res.APIID = ids[0]
	}
	return append(list, res), nil
}
