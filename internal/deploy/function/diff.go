package function

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A difference has the properties of a function that differ, by the calls that change them.
type difference struct {
	configuration, code, concurrency, tags plan.Changes
	state                                  plan.Changes // needs no call, only time
}

func (d difference) all() plan.Changes {
	return slices.Concat(d.state, d.code, d.configuration, d.concurrency, d.tags)
}

// diff compares a function with what it should be, as a part of its release.
func (p *planner) diff(fn spec.Function, have foundFunction) difference {
	diff := p.content(fn, have)
	if fn.Release.Number > 0 {
		diff.configuration.Compare("release", number(have.release), number(fn.Release))
	}
	return diff
}

func number(r spec.Release) string {
	if r.Number == 0 {
		return ""
	}
	return strconv.Itoa(r.Number)
}

func (p *planner) content(fn spec.Function, have foundFunction) difference {
	diff := difference{configuration: p.configurationDiff(fn, have)}
	diff.code.Compare("code", have.code, fn.Bundle.SHA256)
	diff.code.Compare("architecture", string(have.architecture), fn.Architecture)
	if fn.ReservedConcurrency != nil {
		diff.concurrency.Compare("reserved concurrency",
			reservation(have.concurrency), reservation(fn.ReservedConcurrency))
	}
	diff.tags.Tags(have.tags, p.App.ResourceTags(fn.Tags))
	switch {
	case have.lastUpdate == types.LastUpdateStatusFailed:
		// AWS does not say whether the code or the configuration failed, nor which of them it describes.
		diff.code.Compare("last update of code", "Failed", "Successful")
		diff.configuration.Compare("last update of configuration", "Failed", "Successful")
	case !have.settled():
		diff.state.Compare("state", unsettled(have), string(types.StateActive))
	}
	return diff
}

// configurationDiff compares what UpdateFunctionConfiguration can change.
func (p *planner) configurationDiff(fn spec.Function, have foundFunction) plan.Changes {
	var diff plan.Changes
	diff.Compare("handler", have.handler, spec.Handler)
	diff.Compare("runtime", string(have.runtime), string(types.Runtime(spec.Runtime)))
	diff.Compare("role", have.role, p.roleARN(fn.Role))
	diff = append(diff, environmentDiff(have.environment, p.App.Environment(fn, p.endpoint()))...)
	diff.Compare("timeout", seconds(have.timeout), seconds(fn.Timeout))
	diff.Compare("memory", mebibytes(have.memory), mebibytes(fn.MemorySize))
	diff.Compare("layers", strings.Join(have.layers, ", "), strings.Join(fn.Layers, ", "))
	diff.Compare("subnets", sortedList(have.subnets), sortedList(fn.SubnetIDs))
	diff.Compare("security groups", sortedList(have.securityGroups), sortedList(fn.SecurityGroupIDs))
	diff.Compare("tracing", string(have.tracing), fn.TracingMode())
	return append(diff, optionalDiff(fn, have)...)
}

// optionalDiff compares what is left as it is where the application says nothing.
func optionalDiff(fn spec.Function, have foundFunction) plan.Changes {
	var diff plan.Changes
	if fn.EphemeralStorage != 0 {
		diff.Compare("ephemeral storage", mebibytes(have.storage), mebibytes(fn.EphemeralStorage))
	}
	if fn.IPv6 != nil {
		diff.Compare("IPv6 from dual-stack subnets", strconv.FormatBool(have.ipv6),
			strconv.FormatBool(*fn.IPv6))
	}
	for _, property := range []struct{ name, have, want string }{
		{"log format", have.logFormat, fn.LogFormat},
		{"application log level", have.applicationLevel, fn.ApplicationLogLevel},
		{"system log level", have.systemLevel, fn.SystemLogLevel},
		{"KMS key", have.key, fn.KMSKeyARN},
	} {
		if property.want != "" {
			diff.Compare(property.name, property.have, property.want)
		}
	}
	return diff
}

// roleARN returns the ARN of the role of a function. A role that must be created again differs from
// the old one although it has the same ARN: Lambda refers to roles by an internal id.
func (p *planner) roleARN(role spec.Role) string {
	if role.ARN != "" {
		return role.ARN
	}
	if arn, ok := p.Known.Roles[role.LogicalName]; ok {
		return arn
	}
	return "a new " + p.App.RoleName(role.LogicalName)
}

// endpoint returns the value of [spec.EndpointVariable], with a placeholder if the API has no id
// yet.
func (p *planner) endpoint() string {
	if p.Known.API == "" {
		return "(not known yet)"
	}
	return p.Account.Endpoint(p.Known.API, p.App.API.Stage)
}

// environmentDiff compares environment variables. It leaves out their values, which may be secrets.
func environmentDiff(have, want map[string]string) plan.Changes {
	var diff plan.Changes
	for _, name := range slices.Sorted(maps.Keys(want)) {
		old, ok := have[name]
		switch {
		case !ok:
			diff.Compare("environment variable "+name, "", "(set)")
		case old != want[name]:
			diff.Compare("environment variable "+name, "(set)", "(another value)")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[name]; !ok {
			diff.Compare("environment variable "+name, "(set)", "")
		}
	}
	return diff
}

// unsettled returns the state of a function that is not settled.
func unsettled(have foundFunction) string {
	if have.state == types.StatePending {
		return string(have.state)
	}
	return string(have.lastUpdate)
}

func reservation(n *int) string {
	if n == nil || *n < 0 {
		return ""
	}
	return strconv.Itoa(*n)
}

func seconds(n int) string { return fmt.Sprintf("%d s", n) }

func mebibytes(n int) string { return fmt.Sprintf("%d MB", n) }

// sortedList returns ids in one text. Their order has no meaning.
func sortedList(ids []string) string {
	return strings.Join(slices.Sorted(slices.Values(ids)), ", ")
}
