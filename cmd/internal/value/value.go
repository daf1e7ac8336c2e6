// Package value checks what users write in flags, environment variables and configurations. Its
// errors say what to write instead, and follow the name of the flag or the key.
package value

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
)

// In checks that v is from low to high; what names the kind of value, such as "a whole number".
func In[T cmp.Ordered](v, low, high T, what string) error {
	if low <= v && v <= high { // false for NaN
		return nil
	}
	return fmt.Errorf("use %s from %v to %v", what, low, high)
}

// Addr checks the address of a listener. An empty host is every address of this machine.
func Addr(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return errors.New("use HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000")
	}
	if n, err := strconv.Atoi(port); err != nil || In(n, 0, 65535, "") != nil {
		return errors.New("use a port from 0 to 65535; 0 is any free port")
	}
	if regexp.MustCompile(`[\s/@?#]`).MatchString(host) {
		return errors.New("use HOST:PORT, without a scheme and a path")
	}
	return nil
}

// Stage checks the name of a stage at API Gateway
// (https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html).
func Stage(text string) error {
	if regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`).MatchString(text) {
		return nil
	}
	return errors.New("use 1 to 128 letters, digits, - and _")
}

// HTTPURL checks an http or https URL.
func HTTPURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("use an http or https URL, such as https://example.com")
	}
	return nil
}
