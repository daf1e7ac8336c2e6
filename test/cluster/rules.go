//go:build unix

package main

import "strings"

// The guarantees, by their numbers in the design, where they have one.
const (
	ruleDelivered   = "G2 accepted is delivered"
	ruleHealed      = "G2 all is reached after the repair"
	ruleErrors      = "G2 errors are those promised"
	ruleGone        = "G3 gone is true"
	ruleFinal       = "G4 gone is final"
	ruleDead        = "G5 a dead node is 503, then 410"
	ruleUnavailable = "G6 unavailable is not delivered"
	ruleOrder       = "G7 order, and once"
	ruleDeadline    = "G8 nothing comes late"
	ruleSerial      = "G9 handlers one by one"
	ruleExactlyOnce = "G10 one disconnect"
	ruleAtLeastOnce = "G11 no disconnect is lost"
	ruleOneID       = "G11 one id for a disconnect"
	ruleServed      = "G12 none of a client that is served"
	ruleKept        = "G13 no connection is lost"
	ruleLocal       = "G13 local sends go on"
	ruleAnswered    = "G16 what was handled is answered"
)

// ruleNames is the order of the table.
var ruleNames = []string{
	ruleDelivered, ruleHealed, ruleErrors, ruleGone, ruleFinal, ruleDead, ruleUnavailable, ruleOrder,
	ruleDeadline, ruleSerial, ruleExactlyOnce, ruleAtLeastOnce, ruleOneID, ruleServed, ruleKept,
	ruleLocal, ruleAnswered,
}

func short(rule string) string { name, _, _ := strings.Cut(rule, " "); return name }
