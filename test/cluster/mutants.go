//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A mutant is a fault of the code that a run must notice.
type mutant struct {
	name  string
	edits []edit
	fault string // the one under which it shows
	want  string // the guarantee that is broken
}

// mutants are the faults of the code that "-mutant all" tries.
var mutants = []mutant{
	{"accepts and drops", []edit{{
		"cluster/read.go", "err = n.local.Send(ctx, id, c.data, c.kind)",
		"if c.seq%50 != 0 {\n\t\t\t\terr = n.local.Send(ctx, id, c.data, c.kind)\n\t\t\t}",
	}}, "none", ruleDelivered},
	{"unreached is gone", []edit{{
		"cluster/calls.go", "n.peers.list(inc, e)\n\t\treturn tyg.ErrUnavailable",
		"n.peers.list(inc, e)\n\t\treturn tyg.ErrGone",
	}}, "node cut off from NATS", ruleGone},
	{"a node that was declared dead keeps its clients", []edit{{
		"cluster/life.go", "n.closeClients(func(inc connid.Incarnation) bool { return inc != self })",
		"_ = self",
	}}, "node frozen until it is dead", ruleFinal},
	{"silent nodes are never dead", []edit{{
		"cluster/life.go", "if n.peers.stale(inc, rev) < n.cfg.Dead || !silent {",
		"if rev > 0 || !silent {",
	}}, "node killed", ruleDead},
	{"no answer is not delivered", []edit{{
		"cluster/calls.go", "return reply{}, tyg.ErrOutcomeUnknown\n\t\tcase err == nil && r.code",
		"return reply{}, tyg.ErrUnavailable\n\t\tcase err == nil && r.code",
	}}, "node cannot send to NATS", ruleUnavailable},
	{"repeats and executes twice", []edit{{
		"cluster/calls.go", "err := n.bus.publish(subject, n.subjects.replies(n.box)+token, encode())",
		"data := encode()\n\terr := n.bus.publish(subject, n.subjects.replies(n.box)+token, data)\n" +
			"\tif n.seq%50 == 0 {\n\t\t_ = n.bus.publish(subject, \"\", data)\n\t}",
	}, {
		"cluster/window.go", "return w.judge(seq)", "_ = w.judge(seq)\n\treturn execute",
	}}, "none", ruleOrder},
	{"deadlines do not count", []edit{{
		"cluster/read.go", "return c.deadline != 0 && time", "return false && time",
	}}, "node frozen", ruleDeadline},
	{"messages do not wait for each other", []edit{{
		"cluster/guard.go", "ctx, release := g.node.fence.bound(ctx)\n\tdefer release()\n\treturn g",
		"if e.Type == tyg.EventMessage {\n\t\te.Message.Data = slices.Clone(e.Message.Data)\n" +
			"\t\tgo func() {\n\t\t\tdefer func() { _ = recover() }()\n" +
			"\t\t\tg.next.Handle(context.WithoutCancel(ctx), e)\n\t\t}()\n" +
			"\t\treturn tyg.Reply{}, nil\n\t}\n\treturn g",
	}}, "ledger: node killed", ruleSerial},
	{"records of drained nodes stay", []edit{{
		"cluster/guard.go", "g.node.forget(e.Conn.ID)\n\t\t}\n\t\treturn r, err", "}\n\t\treturn r, err",
	}}, "ledger: rolling restart of nodes", ruleExactlyOnce},
	{"dead nodes are not swept", []edit{{
		"cluster/sweep.go", "err := n.sweepOnce(inc)", "var err error",
	}}, "ledger: node killed", ruleAtLeastOnce},
	{"sweeps invent ids", []edit{{
		"internal/lostconn/lostconn.go", "RequestID: connid.EventID(c.ID, connid.Disconnect),",
		"RequestID: time.Now().String(),",
	}, {
		"cluster/sweep.go", "if err == nil {\n\t\treturn nil\n\t}\n\tn.count.sweepErrors",
		"if err == nil && r.tries > 1 {\n\t\treturn nil\n\t}\n\tif err == nil {\n\t\t" +
			"return errFenced\n\t}\n\tn.count.sweepErrors",
	}}, "ledger: node killed", ruleOneID},
	{"no fence", []edit{{
		"cluster/fence.go", "if n.ledger == nil || !n.fence", "if n.ledger != nil || !n.fence",
	}}, "ledger: node cut off until it is dead", ruleServed},
	{"a fence without a ledger", []edit{{
		"cluster/fence.go", "if n.ledger == nil || !n.fence.overdue(n.cfg.Fence) {",
		"if !n.fence.overdue(n.cfg.Fence) {",
	}}, "all of NATS away", ruleKept},
	{"a fence that refuses local sends", []edit{{
		"cluster/send.go", "if here {\n\t\treturn n.local.Send(ctx, id, data, opts...)",
		"if here {\n\t\tif !n.bus.up() {\n\t\t\treturn tyg.ErrUnavailable\n\t\t}\n" +
			"\t\treturn n.local.Send(ctx, id, data, opts...)",
	}}, "all of NATS away", ruleLocal},
	{"groups lose the other nodes", []edit{{
		"cluster/group.go", "return n.bus.publish(n.interest.subject(c.group), \"\", c.encode())",
		"if time.Since(n.started) > 4*time.Second {\n\t\treturn nil\n\t}\n" +
			"\treturn n.bus.publish(n.interest.subject(c.group), \"\", c.encode())",
	}}, "node cannot hear NATS", ruleHealed},
}

// runMutants breaks the code in one way after the other, and reports whether a run has not noticed.
func (o options) runMutants(p programs) (missed bool, err error) {
	found := false
	for _, m := range mutants {
		if o.mutant != "all" && !strings.Contains(m.name, o.mutant) {
			continue
		}
		found = true
		noticed, err := o.runMutant(p, m)
		if err != nil {
			fmt.Fprintf(o.out, "%s: %v\n", m.name, err)
		}
		missed = missed || !noticed
	}
	if !found {
		return false, fmt.Errorf("no mutant has %q in its name; -list prints them", o.mutant)
	}
	return missed, nil
}

// runMutant reports whether a run notices that the code is broken.
func (o options) runMutant(p programs, m mutant) (noticed bool, err error) {
	one, err := os.MkdirTemp(p.dir, "mutant-")
	if err != nil {
		return false, err
	}
	p.dir, p.node = one, filepath.Join(one, "node")
	if err := buildMutant(p.root, p.node, m); err != nil {
		return false, err
	}
	o.fault = m.fault
	r, err := o.runFleets(p, o.fleets())
	if r == nil {
		return false, err
	}
	list := r.brokenRules()
	noticed = slices.Contains(list, m.want)
	verdict := "noticed"
	if !noticed {
		verdict = "NOT NOTICED"
	}
	fmt.Fprintf(o.out, "%s: %s: want broken %q, got %q\n", verdict, m.name, m.want, list)
	return noticed, ignoreAfterBroken(err, noticed)
}

// ignoreAfterBroken returns err, or nil where the code is broken and that was noticed: a wait for
// what never comes ends a run, too.
func ignoreAfterBroken(err error, noticed bool) error {
	if noticed {
		return nil
	}
	return err
}

// printNames prints what -only and -mutant take.
func (o options) printNames() {
	for _, p := range (options{minutes: 1}).fleets() {
		for _, f := range p.faults {
			fmt.Fprintln(o.out, "fault: ", f.name)
		}
	}
	for _, m := range mutants {
		fmt.Fprintf(o.out, "mutant: %s (%s)\n", m.name, m.want)
	}
}
