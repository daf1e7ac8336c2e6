package triggerevent

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Pattern selects events, as the filters of Lambda and EventBridge do. The zero Pattern selects
// all.
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html)
type Pattern struct{ fields map[string]any }

// ParsePattern reads a pattern, which is empty for all events. It is an error if the pattern has an
// operator that is not known here.
func ParsePattern(text string) (Pattern, error) {
	var p Pattern
	if text == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(text), &p.fields); err != nil {
		return p, fmt.Errorf("the filter is no JSON object: %w", err)
	}
	return p, checkFields(p.fields)
}

func checkFields(fields map[string]any) error {
	for name, v := range fields {
		switch v := v.(type) {
		case map[string]any:
			if err := checkFields(v); err != nil {
				return err
			}
		case []any:
			for _, one := range v {
				rule, ok := one.(map[string]any)
				switch {
				case !ok:
				case name == "$or":
					if err := checkFields(rule); err != nil {
						return err
					}
				default:
					if _, err := fits(rule, nil, false); err != nil {
						return err
					}
				}
			}
		default:
			return fmt.Errorf("the filter has %v for %s, and wants a list", v, name)
		}
	}
	return nil
}

// Matches reports whether an event in JSON fits.
func (p Pattern) Matches(event []byte) bool {
	var v map[string]any
	return p.fields == nil || json.Unmarshal(event, &v) == nil && matchFields(p.fields, v)
}

func matchFields(fields, event map[string]any) bool {
	for name, want := range fields {
		have, exists := event[name]
		switch want := want.(type) {
		case map[string]any:
			below, _ := have.(map[string]any)
			if !matchFields(want, below) {
				return false
			}
		case []any:
			if name == "$or" {
				if !slices.ContainsFunc(want, func(one any) bool {
					fields, _ := one.(map[string]any)
					return matchFields(fields, event)
				}) {
					return false
				}
				continue
			}
			if !matchAny(want, have, exists) {
				return false
			}
		}
	}
	return true
}

// matchAny reports whether one of the rules fits a value, or an element of a list.
func matchAny(rules []any, have any, exists bool) bool {
	values := []any{have}
	if list, ok := have.([]any); ok && len(list) > 0 {
		values = list
	}
	for _, rule := range rules {
		for _, v := range values {
			operator, ok := rule.(map[string]any)
			if !ok {
				if exists && v == rule {
					return true
				}
				continue
			}
			if fit, err := fits(operator, v, exists); err == nil && fit {
				return true
			}
		}
	}
	return false
}

// fits reports whether a value fits an operator.
func fits(operator map[string]any, v any, exists bool) (bool, error) {
	for name, argument := range operator {
		text, isText := v.(string)
		word, _ := argument.(string)
		switch name {
		case "exists":
			return exists == (argument == true), nil
		case "prefix":
			return isText && strings.HasPrefix(text, word), nil
		case "suffix":
			return isText && strings.HasSuffix(text, word), nil
		case "equals-ignore-case":
			return isText && strings.EqualFold(text, word), nil
		case "anything-but":
			return exists && !isOneOf(argument, v), nil
		case "numeric":
			list, _ := argument.([]any)
			return inRange(list, v)
		}
		return false, fmt.Errorf("the filter has %q, which is not known here; it is on AWS", name)
	}
	return false, nil
}

// isOneOf reports whether a value is in a list, is a text, or has its prefix or suffix.
func isOneOf(argument, v any) bool {
	switch argument := argument.(type) {
	case []any:
		return slices.Contains(argument, v)
	case map[string]any:
		fit, err := fits(argument, v, true)
		return fit && err == nil
	}
	return argument == v
}

// inRange reports whether a number fits pairs of an operator and a bound.
func inRange(list []any, v any) (bool, error) {
	number, ok := v.(float64)
	for i := 0; i+1 < len(list); i += 2 {
		bound, _ := list[i+1].(float64)
		fit := false
		switch list[i] {
		case "=":
			fit = number == bound
		case "<":
			fit = number < bound
		case "<=":
			fit = number <= bound
		case ">":
			fit = number > bound
		case ">=":
			fit = number >= bound
		default:
			return false, fmt.Errorf("the filter has the numeric operator %v", list[i])
		}
		ok = ok && fit
	}
	return ok, nil
}
