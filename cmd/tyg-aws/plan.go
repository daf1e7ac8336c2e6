package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/visible"
)

func (r *stageCommand) showPlan(ctx context.Context) error {
	quiet := *r
	quiet.JSON = true // progress must not mix with the plan
	c, d, err := quiet.open(ctx)
	if err != nil {
		return err
	}
	plan, err := quiet.plan(ctx, c, d)
	if err != nil {
		return err
	}
	r.warn(plan.Warnings)
	if r.JSON {
		err = printPlanJSON(r.e.Stdout, plan)
	} else {
		err = printPlan(r.e.Stdout, plan)
	}
	if err == nil && differs(plan) {
		return &cli.StatusError{Status: cli.ExitDiffers}
	}
	return err
}

// differs reports whether a plan changes anything on AWS.
func differs(p deploy.Plan) bool {
	for _, s := range p.Steps {
		if s.Action != deploy.Record {
			return true
		}
	}
	return false
}

func printPlanJSON(out io.Writer, p deploy.Plan) error {
	steps, warnings := p.Steps, p.Warnings
	if steps == nil {
		steps = []deploy.Step{}
	}
	if warnings == nil {
		warnings = []string{}
	}
	return cli.PrintJSON(out, struct {
		Region    string        `json:"region"`
		AccountID string        `json:"account_id"`
		Steps     []deploy.Step `json:"steps"`
		Warnings  []string      `json:"warnings"`
	}{p.Account.Region, p.Account.ID, steps, warnings})
}

// printPlan prints a plan as text.
func printPlan(out io.Writer, p deploy.Plan) error {
	var text bytes.Buffer
	count := make(map[deploy.Action]int)
	signs := map[deploy.Action]string{
		deploy.Create: "+", deploy.Update: "~", deploy.Delete: "-", deploy.Record: "=",
	}
	for _, s := range p.Steps {
		count[s.Action]++
		fmt.Fprintf(&text, "%s %s\n", signs[s.Action], visible.Line(fmt.Sprint(s)))
		for _, c := range s.Changes {
			printChange(&text, c)
		}
	}
	if differs(p) {
		fmt.Fprintf(&text, "\n%d to create, %d to update, %d to delete, in account %s, region %s.\n",
			count[deploy.Create], count[deploy.Update], count[deploy.Delete], p.Account.ID, p.Account.Region)
	} else {
		fmt.Fprintln(&text, "Nothing to do: the stage is up to date.")
	}
	_, err := text.WriteTo(out)
	return err
}

// printChange prints the change of a property on one line, or the lines of a document that differ.
func printChange(out io.Writer, c deploy.Change) {
	from, to := layOut(c.From), layOut(c.To)
	if len(from) == 1 && len(to) == 1 {
		fmt.Fprintf(out, "    %s: %s -> %s\n", c.Property,
			visible.Line(orNone(from[0])), visible.Line(orNone(to[0])))
		return
	}
	begin := common(from, to, func(list []string, i int) string { return list[i] })
	from, to = from[begin:], to[begin:]
	end := common(from, to, func(list []string, i int) string { return list[len(list)-1-i] })
	fmt.Fprintf(out, "    %s:\n", c.Property)
	for _, line := range from[:len(from)-end] {
		fmt.Fprintf(out, "      - %s\n", visible.Line(line))
	}
	for _, line := range to[:len(to)-end] {
		fmt.Fprintf(out, "      + %s\n", visible.Line(line))
	}
}

// layOut returns the lines of a value. JSON is indented.
func layOut(value string) []string {
	var pretty bytes.Buffer
	if strings.HasPrefix(value, "{") && json.Indent(&pretty, []byte(value), "", "  ") == nil {
		value = pretty.String()
	}
	return strings.Split(value, "\n")
}

// common returns the number of equal elements of two lists, in the order of at.
func common(a, b []string, at func([]string, int) string) int {
	n := 0
	for n < len(a) && n < len(b) && at(a, n) == at(b, n) {
		n++
	}
	return n
}

func orNone(value string) string {
	if value == "" {
		return "(none)"
	}
	return value
}
