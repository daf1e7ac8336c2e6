package dns

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// validationTTL is for how many seconds resolvers may keep the record.
const validationTTL = 300

// validation plans the record by which ACM knows that the domain is the account's. ACM asks for the
// same record for all certificates of a domain, so there may be one that deploy has not made. That
// one stays.
func (p *planner) validation() {
	d := p.App.API.Domain
	if d == nil || !d.Request || p.found.zone == nil {
		return
	}
	z, have := *p.found.zone, p.found.certificate
	known, ok := p.State.Find(plan.TypeValidation, d.Name)
	ours := ok && !known.Adopted && !known.Pending && known.ZoneID == z.id ||
		have != nil && have.zone == z.id
	res := plan.Resource{
		Name: d.Name, Type: plan.TypeValidation, DomainName: d.Name, ZoneID: z.id,
	}
	name := "record of " + d.Name
	if have != nil && !have.isDead() && have.record.name != "" {
		name, res.RecordName, res.RecordValue = have.record.name, have.record.name, have.record.value
		if p.found.validation != nil {
			if hasValue(p.found.validation, have.record.value) {
				res.Adopted = !ours
				p.Update(plan.TypeValidation, name, "", nil, res, nil)
				return
			}
			p.Conflict("%s has the record %s, and the certificate of %s needs CNAME %s: change it",
				name, quoted(p.found.validation), d.Name, have.record.value)
			return
		}
	}
	p.Add(plan.Step{
		Action: plan.Create, Type: plan.TypeValidation, Name: name, Resource: res,
		Line: "Creating DNS record for the certificate of " + d.Name,
		Do: func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
			return p.client.run(r).validate(ctx, res, ours)
		},
	})
}

func hasValue(list []record, value string) bool {
	return len(list) == 1 && list[0].kind == types.RRTypeCname && list[0].value == value
}

// validate makes the record of the requested certificate. The certificate notes it first: without
// the state file nothing else says who has made the record.
func (r run) validate(ctx context.Context, res *plan.Resource, ours bool) error {
	have, err := r.describe(ctx, r.IDs.Certificate)
	if err != nil {
		return err
	}
	if have == nil || have.record.name == "" {
		return fmt.Errorf("certificate %s has no DNS record; run the command again", r.IDs.Certificate)
	}
	res.RecordName, res.RecordValue = have.record.name, have.record.value
	there, err := r.records(ctx, res.ZoneID, res.RecordName)
	if err != nil {
		return err
	}
	if there != nil && !hasValue(there, res.RecordValue) {
		return fmt.Errorf("%s has the record %s, and the certificate needs CNAME %s: change it",
			res.RecordName, quoted(there), res.RecordValue)
	}
	if res.Adopted = there != nil && !ours; res.Adopted {
		return nil
	}
	err = r.retag(ctx, have.arn, map[string]string{zoneTag: have.zone},
		map[string]string{zoneTag: res.ZoneID})
	if err != nil || there != nil {
		return err
	}
	// UPSERT, because the answer to an earlier attempt may have been lost.
	return r.change(ctx, res.ZoneID, "record "+res.RecordName, types.Change{
		Action: types.ChangeActionUpsert, ResourceRecordSet: validationSet(res),
	})
}

func validationSet(res *plan.Resource) *types.ResourceRecordSet {
	return &types.ResourceRecordSet{
		Name: aws.String(res.RecordName + "."), Type: types.RRTypeCname,
		TTL:             aws.Int64(validationTTL),
		ResourceRecords: []types.ResourceRecord{{Value: aws.String(res.RecordValue + ".")}},
	}
}

func (c client) validationType() plan.ResourceType {
	return plan.ResourceType{Name: plan.TypeValidation, Delete: func(res plan.Resource) plan.Step {
		return plan.Deletion(res, res.DomainName, "DNS record of the certificate", res.RecordName,
			func(ctx context.Context, r *plan.Run, res *plan.Resource) error {
				return c.run(r).deleteValidation(ctx, res)
			})
	}}
}

// deleteValidation deletes the record that deploy has made, if it is as it was. The deletion of the
// certificate may have completed a pending one.
func (r run) deleteValidation(ctx context.Context, res *plan.Resource) error {
	if known, ok := r.State.Find(res.Type, res.Name); ok {
		*res = known
	}
	if res.Adopted || res.RecordName == "" {
		return nil
	}
	if r.IDs.CertificateStays {
		r.Progress("Keeping DNS record of the certificate that stays: " + res.RecordName)
		return nil
	}
	there, err := r.records(ctx, res.ZoneID, res.RecordName)
	if err != nil || there == nil {
		return ignoreNoZone(err)
	}
	if !hasValue(there, res.RecordValue) {
		r.Progress("Keeping DNS record, which was changed: " + res.RecordName)
		return nil
	}
	return r.change(ctx, res.ZoneID, "the deletion of record "+res.RecordName, types.Change{
		Action: types.ChangeActionDelete, ResourceRecordSet: &there[0].set,
	})
}
