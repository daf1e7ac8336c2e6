package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// A functionDiff is what differs of a function, by the calls that it takes to change it.
type functionDiff struct {
	configuration, code, concurrency, tags changes
	state                                  changes // it takes no call, only time
}

func (d functionDiff) all() changes {
	return slices.Concat(d.state, d.code, d.configuration, d.concurrency, d.tags)
}

func (b *planner) functionDiff(fn Function, have foundFunction) functionDiff {
	diff := functionDiff{configuration: b.configurationDiff(fn, have)}
	diff.code.compare("code", have.code, fn.Bundle.SHA256)
	diff.code.compare("architecture", string(have.architecture), fn.Architecture)
	diff.concurrency.compare("reserved concurrency",
		reservation(have.concurrency), reservation(fn.ReservedConcurrency))
	diff.tags.tags(have.tags, b.app.ResourceTags(fn.Tags))
	switch {
	case have.lastUpdate == types.LastUpdateStatusFailed:
		// Which of the two has failed is not known, nor what the answers to questions describe since.
		diff.code.compare("last update of code", "Failed", "Successful")
		diff.configuration.compare("last update of configuration", "Failed", "Successful")
	case !have.settled():
		diff.state.compare("state", unsettled(have), string(types.StateActive))
	}
	return diff
}

// configurationDiff compares what UpdateFunctionConfiguration can change.
func (b *planner) configurationDiff(fn Function, have foundFunction) changes {
	var diff changes
	diff.compare("handler", have.handler, spec.Handler)
	diff.compare("runtime", string(have.runtime), string(types.Runtime(spec.Runtime)))
	diff.compare("role", have.role, b.roleARN(fn.Role))
	diff.environment(have.environment, b.app.Environment(fn, b.endpoint()))
	diff.compare("timeout", seconds(have.timeout), seconds(fn.Timeout))
	diff.compare("memory", mebibytes(have.memory), mebibytes(fn.MemorySize))
	diff.compare("layers", strings.Join(have.layers, ", "), strings.Join(fn.Layers, ", "))
	diff.compare("subnets", inOrder(have.subnets), inOrder(fn.SubnetIDs))
	diff.compare("security groups", inOrder(have.securityGroups), inOrder(fn.SecurityGroupIDs))
	diff.compare("tracing", string(have.tracing), string(tracing(fn)))
	return diff
}

// roleARN returns the role of a function. One that has to be made again differs from the one
// before, though its name does not: Lambda knows roles by an id that is in no ARN.
func (b *planner) roleARN(role Role) string {
	if role.ARN != "" {
		return role.ARN
	}
	name := b.app.RoleName(role.LogicalName)
	if have, ok := b.found.roles[name]; ok {
		return have.arn
	}
	return "a new " + name
}

// endpoint returns the value of spec.EndpointVariable, as far as it is known before the API has an id.
func (b *planner) endpoint() string {
	if b.found.api == nil {
		return "(not known yet)"
	}
	return b.found.Account.Endpoint(b.found.api.id, b.app.API.Stage)
}

// environment adds which variables differ. Values may be secrets, so they are not in it.
func (c *changes) environment(have, want map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		old, ok := have[name]
		switch {
		case !ok:
			c.compare("environment variable "+name, "", "(set)")
		case old != want[name]:
			c.compare("environment variable "+name, "(set)", "(another value)")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[name]; !ok {
			c.compare("environment variable "+name, "(set)", "")
		}
	}
}

func tracing(fn Function) types.TracingMode {
	if fn.XRay {
		return types.TracingModeActive
	}
	return types.TracingModePassThrough
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
