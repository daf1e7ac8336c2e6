package dynamotest

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
)

// A value is the value of an attribute: a string or a number, the only types here.
type value struct {
	kind string // "S" or "N"
	text string // of a number as it was written
}

// An item is what a table holds.
type item map[string]value

// numberPattern matches the whole numbers of DynamoDB, which have up to 38 digits.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html)
var numberPattern = regexp.MustCompile(`^-?[0-9]{1,38}$`)

// UnmarshalJSON implements [json.Unmarshaler].
func (v *value) UnmarshalJSON(data []byte) error {
	var in map[string]string
	if err := json.Unmarshal(data, &in); err != nil || len(in) != 1 {
		return invalid("this server knows strings and numbers only, not %s", data)
	}
	for v.kind, v.text = range in {
	}
	if v.kind != "S" && v.kind != "N" {
		return invalid("this server knows strings and numbers only, not %s", data)
	}
	if v.kind == "N" && !numberPattern.MatchString(v.text) {
		return invalid("%q is not a whole number", v.text)
	}
	return nil
}

// MarshalJSON implements [json.Marshaler].
func (v value) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{v.kind: v.text})
}

// compare orders two values of one kind: strings by their bytes, numbers as such.
func compare(a, b value) int {
	if a.kind == "S" {
		return strings.Compare(a.text, b.text)
	}
	x, _ := new(big.Int).SetString(a.text, 10)
	y, _ := new(big.Int).SetString(b.text, 10)
	return x.Cmp(y)
}

// size counts as DynamoDB does: names and strings by their bytes, numbers by their digits.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html)
func (i item) size() (n int) {
	for name, v := range i {
		n += len(name)
		if v.kind == "S" {
			n += len(v.text)
		} else {
			n += len(v.text)/2 + 1
		}
	}
	return n
}
