package dns

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// aliasKinds are the records by which clients find the API: with IPv4, and with IPv6, of which the
// domain name of an API has addresses if it is dual-stack.
var aliasKinds = []types.RRType{types.RRTypeA, types.RRTypeAaaa}

// alias plans the alias records of the custom domain name. Others of the name, which lead clients
// elsewhere, are a conflict: to move clients is for people to decide.
func (p *planner) alias() {
	d := p.App.API.Domain
	if d.Request && !p.Known.Issues {
		return // there is no domain name yet
	}
	z := *p.found.zone
	res := plan.Resource{
		Name: d.Name, Type: plan.TypeRecord, DomainName: d.Name, ZoneID: z.id,
		AliasDomainName: p.Known.DomainTarget,
	}
	known, recorded := p.State.Find(plan.TypeRecord, d.Name)
	missing := slices.Clone(aliasKinds)
	var diff plan.Changes
	for _, have := range p.found.records {
		at := slices.Index(missing, have.kind)
		cname := have.kind == types.RRTypeCname
		switch {
		case !cname && at < 0:
			continue // such as TXT
		case !cname && have.alias != "" && have.alias == p.Known.DomainTarget:
		case !cname && recorded && have.alias != "" && have.alias == known.AliasDomainName:
			diff.Compare(string(have.kind), have.alias, cmp.Or(p.Known.DomainTarget, "the new one"))
		default:
			p.Conflict("%s has the DNS record %q in hosted zone %s, which deploy has not made: delete it "+
				"when clients may move to the API, or keep it with \"hosted_zone\": \"none\" in "+
				"websocket_api_custom_domain", d.Name, have.String(), z.id)
			return
		}
		missing = slices.Delete(missing, at, at+1)
	}
	step := plan.Step{
		Action: plan.Create, Type: plan.TypeRecord, Name: d.Name, Resource: res,
		Line: "Creating DNS records: " + d.Name,
		Do: func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
			return p.client.run(r).upsertAlias(ctx, res)
		},
	}
	if len(missing) == len(aliasKinds) {
		p.Add(step)
		return
	}
	for _, kind := range missing {
		diff.Compare(string(kind), "", cmp.Or(p.Known.DomainTarget, "the new one"))
	}
	p.Update(plan.TypeRecord, d.Name, "Updating DNS records: "+d.Name, diff, res, step.Do)
}

// upsertAlias makes the alias records lead to the domain name.
func (r run) upsertAlias(ctx context.Context, res *plan.Resource) error {
	res.AliasDomainName = r.IDs.DomainTarget
	var changes []types.Change
	for _, kind := range aliasKinds {
		changes = append(changes, types.Change{
			Action: types.ChangeActionUpsert, ResourceRecordSet: &types.ResourceRecordSet{
				Name: &res.DomainName, Type: kind, AliasTarget: &types.AliasTarget{
					DNSName: aws.String(r.IDs.DomainTarget), HostedZoneId: aws.String(r.IDs.DomainZone),
				},
			},
		})
	}
	return r.change(ctx, res.ZoneID, "records of "+res.DomainName, changes...)
}

func (c client) aliasType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeRecord, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.DomainName, "DNS records", "",
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).deleteAlias(ctx, res)
			})
	}}
}

// deleteAlias deletes the alias records that lead to the API, and no others.
func (r run) deleteAlias(ctx context.Context, res *plan.Resource) error {
	if r.IDs.DomainStays {
		r.Progress("Keeping DNS records of the custom domain name that stays: " + res.DomainName)
		return nil
	}
	target := cmp.Or(res.AliasDomainName, r.IDs.DomainTarget)
	there, err := r.records(ctx, res.ZoneID, res.DomainName)
	if err != nil {
		return ignoreNoZone(err)
	}
	var changes []types.Change
	for i, have := range there {
		if target != "" && have.alias == target {
			changes = append(changes, types.Change{
				Action: types.ChangeActionDelete, ResourceRecordSet: &there[i].set,
			})
		}
	}
	if changes == nil {
		return nil
	}
	return r.change(ctx, res.ZoneID, "the deletion of records of "+res.DomainName, changes...)
}

// ignoreNoZone returns nil if the zone does not exist any more.
func ignoreNoZone(err error) error {
	if _, gone := errors.AsType[*types.NoSuchHostedZone](err); gone {
		return nil
	}
	return err
}

// discover looks for the certificate by domain name and tag, and for its record, if deploy has made
// it. Both belong to domain names that the application has.
func (c client) discover(ctx context.Context, app spec.Application) ([]plan.Resource, error) {
	d := app.API.Domain
	if d == nil || !d.Request {
		return nil, nil
	}
	all, err := c.search(ctx, app, d.Name)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	have := all[0]
	list := []plan.Resource{{
		Name: d.Name, Type: plan.TypeCertificate, Pending: true, DomainName: d.Name,
		CertificateARN: have.arn, RecordName: have.record.name, RecordValue: have.record.value,
	}}
	for _, have := range all {
		if have.zone == "" || have.record.name == "" {
			continue
		}
		list = append(list, plan.Resource{
			Name: d.Name, Type: plan.TypeValidation, DomainName: d.Name, ZoneID: have.zone,
			RecordName: have.record.name, RecordValue: have.record.value,
		})
		break
	}
	return list, nil
}

// attached looks for the alias records that lead to the custom domain name, if that is ours.
func (c client) attached(
	ctx context.Context, app spec.Application, state plan.State,
) ([]plan.Resource, error) {
	d := app.API.Domain
	if d == nil {
		return nil, nil
	}
	i := slices.IndexFunc(state.Of(plan.TypeDomain), func(r plan.Resource) bool {
		return r.DomainName == d.Name && !r.Adopted && r.AliasDomainName != ""
	})
	if i < 0 {
		return nil, nil
	}
	z, err := c.findZone(ctx, *d)
	if err != nil || z == nil {
		return nil, err
	}
	target := state.Of(plan.TypeDomain)[i].AliasDomainName
	there, err := c.records(ctx, z.id, d.Name)
	if err != nil || !slices.ContainsFunc(there, func(r record) bool { return r.alias == target }) {
		return nil, err
	}
	return []plan.Resource{{
		Name: d.Name, Type: plan.TypeRecord, DomainName: d.Name, ZoneID: z.id, AliasDomainName: target,
	}}, nil
}
