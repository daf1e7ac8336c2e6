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

// A difference is what differs of a function, by the calls that it takes to change it.
type difference struct {
	configuration, code, concurrency, tags plan.Changes
	state                                  plan.Changes // it takes no call, only time
}

func (d difference) all() plan.Changes {
	return slices.Concat(d.state, d.code, d.configuration, d.concurrency, d.tags)
}

func (b *planner) diff(fn spec.Function, have foundFunction) difference {
	diff := difference{configuration: b.configurationDiff(fn, have)}
	diff.code.Compare("code", have.code, fn.Bundle.SHA256)
	diff.code.Compare("architecture", string(have.architecture), fn.Architecture)
	diff.concurrency.Compare("reserved concurrency",
		reservation(have.concurrency), reservation(fn.ReservedConcurrency))
	diff.tags.Tags(have.tags, b.App.ResourceTags(fn.Tags))
	switch {
	case have.lastUpdate == types.LastUpdateStatusFailed:
		// Which of the two has failed is not known, nor what the answers to questions describe since.
		diff.code.Compare("last update of code", "Failed", "Successful")
		diff.configuration.Compare("last update of configuration", "Failed", "Successful")
	case !have.settled():
		diff.state.Compare("state", unsettled(have), string(types.StateActive))
	}
	return diff
}

// configurationDiff compares what UpdateFunctionConfiguration can change.
func (b *planner) configurationDiff(fn spec.Function, have foundFunction) plan.Changes {
	var diff plan.Changes
	diff.Compare("handler", have.handler, spec.Handler)
	diff.Compare("runtime", string(have.runtime), string(types.Runtime(spec.Runtime)))
	diff.Compare("role", have.role, b.roleARN(fn.Role))
	diff = append(diff, environmentDiff(have.environment, b.App.Environment(fn, b.endpoint()))...)
	diff.Compare("timeout", seconds(have.timeout), seconds(fn.Timeout))
	diff.Compare("memory", mebibytes(have.memory), mebibytes(fn.MemorySize))
	diff.Compare("layers", strings.Join(have.layers, ", "), strings.Join(fn.Layers, ", "))
	diff.Compare("subnets", inOrder(have.subnets), inOrder(fn.SubnetIDs))
	diff.Compare("security groups", inOrder(have.securityGroups), inOrder(fn.SecurityGroupIDs))
	diff.Compare("tracing", string(have.tracing), fn.TracingMode())
	return diff
}

// roleARN returns the role of a function. One that has to be made again differs from the one
// before, though its name does not: Lambda knows roles by an id that is in no ARN.
func (b *planner) roleARN(role spec.Role) string {
	if role.ARN != "" {
		return role.ARN
	}
	if arn, ok := b.Known.Roles[role.LogicalName]; ok {
		return arn
	}
	return "a new " + b.App.RoleName(role.LogicalName)
}

// endpoint returns the value of spec.EndpointVariable, as far as it is known before the API has an id.
func (b *planner) endpoint() string {
	if b.Known.API == "" {
		return "(not known yet)"
	}
	return b.Account.Endpoint(b.Known.API, b.App.API.Stage)
}

// environmentDiff compares the variables. Values may be secrets, so they are not in it.
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

// unsettled says what Lambda is doing with a function that is not settled.
func unsettled(have foundFunction) string {
	if have.state == types.StatePending {
		return string(have.state)
	}
	return string(have.lastUpdate)
}

func reservation(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func seconds(n int) string { return fmt.Sprintf("%d s", n) }

func mebibytes(n int) string { return fmt.Sprintf("%d MB", n) }

// inOrder returns ids in which the order has no meaning.
func inOrder(ids []string) string { return strings.Join(slices.Sorted(slices.Values(ids)), ", ") }
