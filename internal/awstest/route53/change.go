package route53

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// apiZone is the hosted zone of the regional domain names of API Gateway.
// (https://docs.aws.amazon.com/general/latest/gr/apigateway.html)
const apiZone = "Z2OJLYMUO9EFXC"

func (z *zone) index(name, kind string) int {
	return slices.IndexFunc(z.records, func(r record) bool { return r.name == name && r.kind == kind })
}

func (z *zone) put(r record) {
	if i := z.index(r.name, r.kind); i >= 0 {
		z.records[i] = r
		return
	}
	z.records = append(z.records, r)
	slices.SortFunc(z.records, func(a, b record) int {
		return strings.Compare(key(a.name, a.kind), key(b.name, b.kind))
	})
}

// change carries out all changes of a batch, or none.
// (https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html)
func (s *State) change(in wire.Params) (map[string]any, error) {
	z, err := s.zone(in.Str("HostedZoneId"))
	if err != nil {
		return nil, err
	}
	next := &zone{id: z.id, name: z.name, records: slices.Clone(z.records)}
	var problems []string
	for _, c := range in.Obj("ChangeBatch").Objs("Changes") {
		if problem := next.apply(c.Str("Action"), c.Obj("ResourceRecordSet")); problem != "" {
			problems = append(problems, problem)
		}
	}
	if len(problems) > 0 {
		return nil, wire.Fail(http.StatusBadRequest, "InvalidChangeBatch", "[%s]",
			strings.Join(problems, ", "))
	}
	z.records = next.records
	id := "C" + strings.ToUpper(s.NewID())
	left := s.Settle
	s.changes[id] = &left
	return map[string]any{"ChangeInfo": s.info(id, true)}, nil
}

// apply makes one change, and returns why it cannot.
func (z *zone) apply(action string, set wire.Params) string {
	r := record{canonical(set.Str("Name")), set.Str("Type"), set}
	r.members["Name"] = r.name
	if alias := set.Obj("AliasTarget"); alias != nil {
		alias["DNSName"] = canonical(alias.Str("DNSName"))
	}
	described := "resource record set [name='" + r.name + "', type='" + r.kind + "']"
	i := z.index(r.name, r.kind)
	switch action {
	case "DELETE":
		if i < 0 {
			return "Tried to delete " + described + " but it was not found"
		}
		if !same(z.records[i].members, set) {
			return "Tried to delete " + described + " but the values provided do not match the current " +
				"values"
		}
		z.records = slices.Delete(z.records, i, i+1)
		return ""
	case "CREATE":
		if i >= 0 {
			return "Tried to create " + described + " but it already exists"
		}
	}
	if problem := z.check(r, described); problem != "" {
		return problem
	}
	z.put(r)
	return ""
}

// same compares record sets, of which numbers may have any form.
func same(a, b wire.Params) bool {
	return a.Num("TTL") == b.Num("TTL") &&
		reflect.DeepEqual(a.Obj("AliasTarget"), b.Obj("AliasTarget")) &&
		reflect.DeepEqual(a.Objs("ResourceRecords"), b.Objs("ResourceRecords"))
}

func (z *zone) check(r record, described string) string {
	set := wire.Params(r.members)
	alias := set.Obj("AliasTarget")
	if r.name != z.name && !strings.HasSuffix(r.name, "."+z.name) {
		return "RRSet with DNS name " + r.name + " is not permitted in zone " + z.name
	}
	if (alias == nil) == (len(set.List("ResourceRecords")) == 0) || (alias == nil) != set.Has("TTL") {
		return "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and " +
			"ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with " + described
	}
	if alias != nil {
		if alias.Str("HostedZoneId") == apiZone && !strings.HasSuffix(alias.Str("DNSName"),
			".execute-api."+account.Region+".amazonaws.com.") {
			return "Tried to create an alias that targets " + alias.Str("DNSName") + ", type " + r.kind +
				" in zone " + apiZone + ", but the alias target name does not lie within the target zone"
		}
	}
	for _, other := range z.records {
		if other.name == r.name && other.kind != r.kind && (r.kind == "CNAME" || other.kind == "CNAME") {
			return "RRSet of type " + r.kind + " with DNS name " + r.name + " is not permitted as it " +
				"conflicts with other records with the same DNS name in zone " + z.name
		}
	}
	return ""
}
