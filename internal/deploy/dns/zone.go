package dns

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A zone is a hosted zone.
type zone struct {
	id, name string // the name without the dot at its end
	private  bool
}

// has reports whether a domain name is in a zone.
func (z zone) has(name string) bool {
	return name == z.name || strings.HasSuffix(name, "."+z.name)
}

// findZone returns the zone for the records of a domain name, nil if there is none to write.
// Private zones are left aside: neither ACM nor clients see them.
func (c client) findZone(ctx context.Context, d spec.Domain) (*zone, error) {
	if d.HostedZone() == spec.NoZone {
		return nil, nil
	}
	all, err := c.listZones(ctx)
	if err != nil {
		return nil, err
	}
	if id := d.HostedZone(); id != spec.AutoZone {
		return named(all, id, d.Name)
	}
	var best *zone
	for i, z := range all {
		switch {
		case z.private || !z.has(d.Name):
		case best == nil || len(z.name) > len(best.name):
			best = &all[i]
		case len(z.name) == len(best.name):
			return nil, fmt.Errorf("there are two hosted zones %s, %s and %s: name the one that the "+
				"domain is delegated to in websocket_api_custom_domain, \"hosted_zone\"",
				z.name, best.id, z.id)
		}
	}
	return best, nil
}

func named(all []zone, id, domain string) (*zone, error) {
	for i, z := range all {
		switch {
		case z.id != id:
		case z.private:
			return nil, fmt.Errorf("hosted_zone: %s is the private zone %s, in which neither ACM nor "+
				"clients see records; name a public one", id, z.name)
		case !z.has(domain):
			return nil, fmt.Errorf("hosted_zone: %s is the zone %s, which cannot have records of %s", id,
				z.name, domain)
		default:
			return &all[i], nil
		}
	}
	return nil, fmt.Errorf("hosted_zone: there is no zone %s in this account; \"aws route53 "+
		"list-hosted-zones\" prints those that there are", id)
}

func (c client) listZones(ctx context.Context) ([]zone, error) {
	var all []zone
	pages := route53.NewListHostedZonesPaginator(c.zones, &route53.ListHostedZonesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, z := range page.HostedZones {
			all = append(all, zone{
				id:      strings.TrimPrefix(aws.ToString(z.Id), "/hostedzone/"),
				name:    strings.TrimSuffix(aws.ToString(z.Name), "."),
				private: z.Config != nil && z.Config.PrivateZone,
			})
		}
	}
	return all, nil
}

// A record is what DNS has of a name and a type.
type record struct {
	kind  types.RRType
	value string // of one without a routing policy and with one value
	alias string // what an alias leads to
	set   types.ResourceRecordSet
}

// String returns a record for people.
func (r record) String() string {
	if r.alias != "" {
		return string(r.kind) + " alias of " + r.alias
	}
	return string(r.kind) + " " + r.value
}

// records returns the records of a name in a zone.
func (c client) records(ctx context.Context, zone, name string) ([]record, error) {
	in := &route53.ListResourceRecordSetsInput{HostedZoneId: &zone, StartRecordName: &name}
	var all []record
	for {
		out, err := c.zones.ListResourceRecordSets(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, set := range out.ResourceRecordSets {
			if !sameName(aws.ToString(set.Name), name) {
				return all, nil // they are sorted by name
			}
			all = append(all, newRecord(set))
		}
		if !out.IsTruncated {
			return all, nil
		}
		in.StartRecordName, in.StartRecordType = out.NextRecordName, out.NextRecordType
		in.StartRecordIdentifier = out.NextRecordIdentifier
	}
}

func newRecord(set types.ResourceRecordSet) record {
	r := record{kind: set.Type, set: set}
	if set.AliasTarget != nil {
		r.alias = trimDot(aws.ToString(set.AliasTarget.DNSName))
	}
	var values []string
	for _, v := range set.ResourceRecords {
		values = append(values, trimDot(aws.ToString(v.Value)))
	}
	r.value = strings.Join(values, ", ")
	return r
}

func trimDot(name string) string { return strings.TrimSuffix(name, ".") }

// sameName compares names, of which Route 53 writes a star as \052.
// (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html)
func sameName(a, b string) bool {
	plain := func(name string) string {
		if star, rest, ok := strings.Cut(name, `\052`); ok {
			name = star + "*" + rest
		}
		return strings.ToLower(trimDot(name))
	}
	return plain(a) == plain(b)
}

// change changes records, all or none, and waits until all name servers have the change.
func (r run) change(
	ctx context.Context, zone, what string, changes ...types.Change,
) error {
	out, err := r.zones.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: &zone, ChangeBatch: &types.ChangeBatch{
			Changes: changes, Comment: aws.String(spec.TagKey + " " + r.App.Tag()),
		},
	})
	if err != nil {
		return err
	}
	return r.Await(ctx, what+" on all name servers", plan.IAMDelay*5, func() (bool, error) {
		got, err := r.zones.GetChange(ctx, &route53.GetChangeInput{Id: out.ChangeInfo.Id})
		if err != nil {
			return false, err
		}
		return got.ChangeInfo.Status == types.ChangeStatusInsync, nil
	})
}

func quoted(list []record) string {
	var texts []string
	for _, r := range list {
		texts = append(texts, strconv.Quote(r.String()))
	}
	return strings.Join(texts, ", ")
}
