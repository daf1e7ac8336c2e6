package deploy

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Check says what AWS would not take of an application, before anything is done: all of it, each
// with the key of the configuration that is to be changed.
func (a Application) Check() error {
	c := new(checker)
	c.application(a)
	for _, k := range kinds() {
		if k.check != nil {
			k.check(c, a)
		}
	}
	return errors.Join(c.problems...)
}

// A checker collects what is wrong.
type checker struct{ problems []error }

// want adds a problem unless ok.
func (c *checker) want(ok bool, format string, args ...any) {
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

func (c *checker) application(a Application) {
	c.want(matches(`[A-Za-z0-9_-]+`, a.Name),
		"app_name is %q: it begins the names of functions, which have letters, digits, - and _ only",
		a.Name)
	c.want(matches(`[A-Za-z0-9_-]+`, a.Stage),
		"the stage is %q (--stage): it is in the names of functions, which have letters, digits, - "+
			"and _ only", a.Stage)
	c.length("API", a.apiName(), maxAPIName)
	c.tags("tags", a.tags(nil), a.Tags)
	c.want(len(a.Functions) > 0, "there are no functions: the application has no handlers")
	seen := make(map[string]bool)
	for _, fn := range a.Functions {
		c.want(!seen[fn.LogicalName],
			"lambda_functions: there are two functions called %s; each needs a name of its own",
			fn.LogicalName)
		seen[fn.LogicalName] = true
		c.length("function", a.functionName(fn.LogicalName), maxFunctionName)
		if fn.Role.ARN == "" {
			c.length("role", a.roleName(fn.Role.LogicalName), maxRoleName)
		}
	}
}

// length checks a name that is made from the application's name and stage.
func (c *checker) length(what, name string, limit int) {
	c.want(len(name) <= limit, "the %s would be called %s, which has %d characters, and AWS allows "+
		"%d: choose a shorter app_name or --stage", what, name, len(name), limit)
}

// maxTags is how many tags a function or a role may have.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html)
const maxTags = 50

// tags checks the tags under a key of the configuration; all is with those that are put on
// everything.
func (c *checker) tags(where string, all, own map[string]string) {
	c.want(len(all) <= maxTags, "%s: there are %d tags, with the one of tyg itself, and AWS allows %d",
		where, len(all), maxTags)
	// For IAM they are the same.
	for seen, keys := make(map[string]bool), slices.Sorted(maps.Keys(all)); len(keys) > 0; keys = keys[1:] {
		c.want(!seen[strings.ToLower(keys[0])],
			"%s: two tags are called %s, if upper and lower case are the same", where, keys[0])
		seen[strings.ToLower(keys[0])] = true
	}
	for _, key := range slices.Sorted(maps.Keys(own)) {
		c.want(utf8.RuneCountInString(key) <= 128 && matches(`[\p{L}\p{Z}\p{N}_.:/=+@-]+`, key),
			"%s: the key %q must have 1 to 128 letters, digits, spaces and _.:/=+@-", where, key)
		c.want(utf8.RuneCountInString(own[key]) <= 256 && matches(`[\p{L}\p{Z}\p{N}_.:/=+@-]*`, own[key]),
			"%s: the value of %q must have at most 256 letters, digits, spaces and _.:/=+@-", where, key)
		c.want(!strings.HasPrefix(strings.ToLower(key), "aws:"),
			"%s: the key %q begins with aws:, which is for AWS itself", where, key)
		c.want(!strings.EqualFold(key, tagKey),
			"%s: the key %q is the one by which tyg knows what is its own", where, key)
	}
}

// matches reports whether all of text is of a pattern.
func matches(pattern, text string) bool {
	return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(text)
}
