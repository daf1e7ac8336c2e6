// Package route53 is Route 53 in memory: hosted zones, which exist before, and their records. Of
// the records it has simple ones and aliases, and no routing policies.
package route53

import (
	"net/http"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// State is what Route 53 has.
type State struct {
	*account.Account

	zones   []*zone
	changes map[string]*int // polls for which a change is PENDING, by its id
}

// A zone is a hosted zone.
type zone struct {
	id, name string // the name ends with a dot
	private  bool
	records  []record
}

// A record is a ResourceRecordSet.
type record struct {
	name, kind string
	members    map[string]any
}

// New returns the state of an account without zones.
func New(a *account.Account) *State { return &State{Account: a, changes: make(map[string]*int)} }

// AddZone makes a hosted zone exist, with the records that AWS makes, and returns its id.
func (s *State) AddZone(name string, private bool) string {
	z := &zone{id: "Z" + strings.ToUpper(s.NewID()), name: name + ".", private: private}
	for kind, value := range map[string]string{
		"NS": "ns-1.awsdns-01.org.", "SOA": "ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 2 3 4 5",
	} {
		z.put(record{z.name, kind, map[string]any{
			"Name": z.name, "Type": kind, "TTL": 172800,
			"ResourceRecords": []any{map[string]any{"Value": value}},
		}})
	}
	s.zones = append(s.zones, z)
	return z.id
}

// Resources names every record that AWS has not made itself.
func (s *State) Resources() []string {
	var all []string
	for _, z := range s.zones {
		for _, r := range z.records {
			if r.kind != "NS" && r.kind != "SOA" {
				all = append(all, "route53 record "+r.name+" "+r.kind)
			}
		}
	}
	return all
}

// Lookup returns the value of a record in a public zone, or what an alias leads to; "" without one.
func (s *State) Lookup(name, kind string) string {
	for _, z := range s.zones {
		i := z.index(canonical(name), kind)
		if z.private || i < 0 {
			continue
		}
		members := wire.Params(z.records[i].members)
		if alias := members.Obj("AliasTarget"); alias != nil {
			return alias.Str("DNSName")
		}
		return members.Objs("ResourceRecords")[0].Str("Value")
	}
	return ""
}

// Operations returns the operations that are served, by their names.
func (s *State) Operations() map[string]wire.Operation {
	return map[string]wire.Operation{
		"ListHostedZones":          s.listZones,
		"ListResourceRecordSets":   s.listRecords,
		"ChangeResourceRecordSets": s.change,
		"GetChange":                s.getChange,
	}
}

func (s *State) listZones(in wire.Params) (map[string]any, error) {
	all := slices.Clone(s.zones)
	slices.SortFunc(all, func(a, b *zone) int { return strings.Compare(a.id, b.id) })
	page, next := account.Page(s.Account, all, 0, in.Str("Marker"),
		func(z *zone) string { return z.id })
	list := []any{}
	for _, z := range page {
		list = append(list, map[string]any{
			"Id": "/hostedzone/" + z.id, "Name": z.name, "CallerReference": z.id,
			"Config":                 map[string]any{"PrivateZone": z.private},
			"ResourceRecordSetCount": len(z.records),
		})
	}
	return map[string]any{
		"HostedZones": list, "IsTruncated": next != "", "MaxItems": "100",
		"Marker": in.Str("Marker"), "NextMarker": wire.OrNil(next),
	}, nil
}

// zone returns the zone that an input names.
func (s *State) zone(id string) (*zone, error) {
	id = strings.TrimPrefix(id, "/hostedzone/")
	for _, z := range s.zones {
		if z.id == id {
			return z, nil
		}
	}
	return nil, wire.Fail(http.StatusNotFound, "NoSuchHostedZone", "No hosted zone found with ID: %s",
		id)
}

// listRecords returns the records from a name on, in the order of the labels from right to left.
// (https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html)
func (s *State) listRecords(in wire.Params) (map[string]any, error) {
	z, err := s.zone(in.Str("HostedZoneId"))
	if err != nil {
		return nil, err
	}
	list := []any{}
	from := key(canonical(in.Str("StartRecordName")), in.Str("StartRecordType"))
	out := map[string]any{"IsTruncated": false, "MaxItems": "300"}
	for _, r := range z.records {
		switch {
		case in.Has("StartRecordName") && key(r.name, r.kind) < from:
		case len(list) == s.PageSize:
			out["IsTruncated"], out["NextRecordName"], out["NextRecordType"] = true, r.name, r.kind
			out["ResourceRecordSets"] = list
			return out, nil
		default:
			list = append(list, r.members)
		}
	}
	out["ResourceRecordSets"] = list
	return out, nil
}

// key orders records.
func key(name, kind string) string {
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, "\x00") + "\x00\x00" + kind
}

// canonical returns a name as Route 53 keeps it: in lower case, with a dot at its end, and with a
// code in place of a star. (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html)
func canonical(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "*", `\052`)
	return strings.TrimSuffix(name, ".") + "."
}

func (s *State) getChange(in wire.Params) (map[string]any, error) {
	id := strings.TrimPrefix(in.Str("Id"), "/change/")
	left := s.changes[id]
	if left == nil {
		return nil, wire.Fail(http.StatusNotFound, "NoSuchChange", "A change with the specified change "+
			"ID does not exist.")
	}
	return map[string]any{"ChangeInfo": s.info(id, account.Poll(left))}, nil
}

func (s *State) info(id string, pending bool) map[string]any {
	status := "INSYNC"
	if pending {
		status = "PENDING"
	}
	return map[string]any{"Id": "/change/" + id, "Status": status, "SubmittedAt": s.Now()}
}
