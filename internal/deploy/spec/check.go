package spec

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Checker collects what is wrong with an application. Its zero value has found nothing.
type Checker struct{ problems []error }

// Err returns all problems, or nil.
func (c *Checker) Err() error { return errors.Join(c.problems...) }

// Want adds a problem unless ok.
func (c *Checker) Want(ok bool, format string, args ...any) {
	if !ok {
		c.problems = append(c.problems, fmt.Errorf(format, args...))
	}
}

// How long names on AWS may be.
// (https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html,
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html,
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html)
const (
	maxFunctionName = 64
	maxRoleName     = 64
	maxAPIName      = 128
)

// Application checks the names of the application, its functions and roles.
func (c *Checker) Application(a Application) {
	c.Want(Matches(`[A-Za-z0-9_-]+`, a.Name),
		"app_name is %q: it begins the names of functions, which have letters, digits, - and _ only",
		a.Name)
	c.Want(Matches(`[A-Za-z0-9_-]+`, a.Stage),
		"the stage is %q (--stage): it is in the names of functions, which have letters, digits, - "+
			"and _ only", a.Stage)
	c.length("API", a.APIName(), maxAPIName)
	c.Tags("tags", a.ResourceTags(nil), a.Tags)
	c.releases(a)
	c.Want(len(a.Functions) > 0, "there are no functions: the application has no handlers")
	seen := make(map[string]bool)
	for _, fn := range a.Functions {
		c.Want(!seen[fn.LogicalName],
			"lambda_functions: there are two functions called %s; each needs a name of its own",
			fn.LogicalName)
		seen[fn.LogicalName] = true
		c.length("function", a.FunctionName(fn.LogicalName), maxFunctionName)
		if fn.Role.ARN == "" {
			c.length("role", a.RoleName(fn.Role.LogicalName), maxRoleName)
		}
	}
}

// length checks a name that is made from the application's name and stage.
func (c *Checker) length(what, name string, limit int) {
	c.Want(len(name) <= limit, "the %s would be called %s, which has %d characters, and AWS allows "+
		"%d: choose a shorter app_name or --stage", what, name, len(name), limit)
}

// maxTags is how many tags a function or a role may have.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html)
const maxTags = 50

// Tags checks the tags under a key of the configuration; all also has those of the application.
func (c *Checker) Tags(where string, all, own map[string]string) {
	c.Want(len(all) <= maxTags, "%s: there are %d tags, with the one of tyg itself, and AWS allows %d",
		where, len(all), maxTags)
	// IAM does not distinguish upper and lower case.
	seen := make(map[string]bool)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		c.Want(!seen[strings.ToLower(key)],
			"%s: two tags are called %s, and IAM does not distinguish upper and lower case", where, key)
		seen[strings.ToLower(key)] = true
	}
	for _, key := range slices.Sorted(maps.Keys(own)) {
		c.Want(key != "" && utf8.RuneCountInString(key) <= 128 && isTag(key),
			"%s: the key %q must have 1 to 128 letters, digits, spaces and _.:/=+@-", where, key)
		c.Want(utf8.RuneCountInString(own[key]) <= 256 && isTag(own[key]),
			"%s: the value of %q must have at most 256 letters, digits, spaces and _.:/=+@-", where, key)
		c.Want(!strings.HasPrefix(strings.ToLower(key), "aws:"),
			"%s: the key %q begins with aws:, which is reserved for AWS", where, key)
		c.Want(!strings.EqualFold(key, TagKey),
			"%s: the key %q is reserved: tyg marks its own resources with it", where, key)
	}
}

// isTag reports whether text has no characters but those of keys and values of tags.
func isTag(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+@-", r)
	})
}

// IsKey reports whether text is the ARN of a key of KMS.
func IsKey(text string) bool {
	return Matches(`arn:aws[a-zA-Z-]*:kms:[a-z0-9-]+:\d{12}:key/[a-zA-Z0-9-]+`, text)
}

// Matches reports whether a pattern matches all of text.
func Matches(pattern, text string) bool {
	return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(text)
}
