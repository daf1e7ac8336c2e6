package dynamodb

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// A number is a decimal: digits times ten to the power of exp.
type number struct {
	digits *big.Int
	exp    int
}

// Limits of numbers.
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html)
const (
	maxDigits    = 38
	maxMagnitude = 126  // a number is smaller than ten to this power
	minMagnitude = -130 // and not smaller than ten to this one
)

var numberPattern = regexp.MustCompile(`^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$`)

func parseNumber(s string) (number, error) {
	m := numberPattern.FindStringSubmatch(s)
	if m == nil || m[2]+m[3] == "" {
		return number{}, invalid("The parameter cannot be converted to a numeric value: %s", s)
	}
	exp := 0
	if m[4] != "" {
		exp, _ = strconv.Atoi(m[4]) // the pattern has matched
	}
	digits := strings.TrimLeft(m[2]+m[3], "0")
	exp -= len(m[3])
	short := strings.TrimRight(digits, "0")
	exp += len(digits) - len(short)
	if short == "" {
		return number{new(big.Int), 0}, nil
	}
	n := number{new(big.Int), exp}
	if len(short) <= maxDigits {
		n.digits.SetString(m[1]+short, 10)
	}
	return n, checkNumber(len(short), exp)
}

func checkNumber(digits, exp int) error {
	switch {
	case digits > maxDigits:
		return invalid("Attempting to store more than 38 significant digits in a Number")
	case digits+exp > maxMagnitude:
		return invalid("Number overflow. Attempting to store a number with magnitude larger than " +
			"supported range")
	case digits+exp-1 < minMagnitude:
		return invalid("Number underflow. Attempting to store a number with magnitude smaller than " +
			"supported range")
	}
	return nil
}

// String returns the canonical form, without an exponent.
func (n number) String() string {
	s := new(big.Int).Abs(n.digits).String()
	sign := ""
	if n.digits.Sign() < 0 {
		sign = "-"
	}
	switch {
	case n.exp >= 0:
		return sign + s + strings.Repeat("0", n.exp)
	case len(s) > -n.exp:
		return sign + s[:len(s)+n.exp] + "." + s[len(s)+n.exp:]
	}
	return sign + "0." + strings.Repeat("0", -n.exp-len(s)) + s
}

// aligned returns the digits of both numbers with the smaller of their exponents.
func aligned(a, b number) (x, y *big.Int, exp int) {
	exp = min(a.exp, b.exp)
	scale := func(n number) *big.Int {
		power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n.exp-exp)), nil)
		return power.Mul(power, n.digits)
	}
	return scale(a), scale(b), exp
}

func (n number) compare(m number) int {
	x, y, _ := aligned(n, m)
	return x.Cmp(y)
}

// add returns n+m, or n-m.
func (n number) add(m number, minus bool) (number, error) {
	x, y, exp := aligned(n, m)
	if minus {
		y.Neg(y)
	}
	return parseNumber(x.Add(x, y).String() + "e" + strconv.Itoa(exp))
}

func numeral(n int) value { return value{kind: "N", text: strconv.Itoa(n)} }
