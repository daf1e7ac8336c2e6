package lambda

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/iam"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// maxPolicy is how long a function's policy may be, in bytes.
// (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)
const maxPolicy = 20 << 10

// A permission is one statement of a function's policy, in the form that Lambda writes.
type permission struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

func (s *State) addPermission(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findQualified(in)
	if err != nil {
		return nil, err
	}
	if qualifier == latest {
		return nil, badParameter("We currently do not support adding policies for $LATEST.")
	}
	for _, rare := range []string{"EventSourceToken", "PrincipalOrgID"} {
		if in.Has(rare) {
			return nil, wire.Unserved(rare)
		}
	}
	p, err := newPermission(qualified(f.arn, qualifier), in)
	if err != nil {
		return nil, err
	}
	old := f.permissions[qualifier]
	if slices.ContainsFunc(old, func(o permission) bool { return o.Sid == p.Sid }) {
		return nil, conflict("The statement id (%s) provided already exists. Please provide a new "+
			"statement id, or remove the existing statement.", p.Sid)
	}
	all := append(slices.Clone(old), p)
	if size := len(policyText(all)); size > maxPolicy {
		return nil, wire.Fail(http.StatusBadRequest, "PolicyLengthExceededException",
			"The final policy size (%d) is bigger than the limit (%d).", size, maxPolicy)
	}
	f.permissions[qualifier] = all
	text, err := json.Marshal(p)
	return map[string]any{"Statement": string(text)}, err
}

// qualified returns the name or the ARN of a function with a version or an alias.
func qualified(function, qualifier string) string {
	if qualifier == "" {
		return function
	}
	return function + ":" + qualifier
}

func newPermission(arn string, in wire.Params) (permission, error) {
	principal, err := newPrincipal(in.Str("Principal"))
	if err != nil {
		return permission{}, err
	}
	p := permission{
		Sid: in.Str("StatementId"), Effect: "Allow", Principal: principal,
		Action: in.Str("Action"), Resource: arn, Condition: make(map[string]map[string]string),
	}
	if account := in.Str("SourceAccount"); account != "" {
		p.Condition["StringEquals"] = map[string]string{"AWS:SourceAccount": account}
	}
	if source := in.Str("SourceArn"); source != "" {
		p.Condition["ArnLike"] = map[string]string{"AWS:SourceArn": source}
	}
	return p, p.limitToURL(in)
}

// limitToURL adds the conditions of permissions for function URLs.
// (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html)
func (p permission) limitToURL(in wire.Params) error {
	if auth := in.Str("FunctionUrlAuthType"); auth != "" {
		if p.Action != "lambda:InvokeFunctionUrl" {
			return badParameter("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action")
		}
		p.Condition["StringEquals"] = map[string]string{"lambda:FunctionUrlAuthType": auth}
	}
	if in.Flag("InvokedViaFunctionUrl") {
		p.Condition["Bool"] = map[string]string{"lambda:InvokedViaFunctionUrl": "true"}
	}
	return nil
}

var (
	accountPattern = regexp.MustCompile(`^\d{12}$`)
	callerPattern  = regexp.MustCompile(`^arn:aws:(iam|sts)::\d{12}:.+$`)
)

func newPrincipal(name string) (any, error) {
	switch {
	case name == "*":
		return "*", nil
	case iam.IsService(name):
		return map[string]string{"Service": name}, nil
	case accountPattern.MatchString(name):
		return map[string]string{"AWS": "arn:aws:iam::" + name + ":root"}, nil
	case callerPattern.MatchString(name):
		return map[string]string{"AWS": name}, nil
	}
	return nil, badParameter("The provided principal was invalid. " +
		"Please check the principal and try again.")
}

// policyText returns the policy that all permissions together are.
func policyText(all []permission) string {
	text, _ := json.Marshal(struct { // cannot fail: maps and strings only
		Version   string
		ID        string `json:"Id"`
		Statement []permission
	}{"2012-10-17", "default", all})
	return string(text)
}

func (s *State) getPolicy(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findQualified(in)
	if err != nil {
		return nil, err
	}
	if len(f.permissions[qualifier]) == 0 {
		return nil, wire.Fail(http.StatusNotFound, "ResourceNotFoundException",
			"The resource you requested does not exist.")
	}
	return map[string]any{
		"Policy": policyText(f.permissions[qualifier]), "RevisionId": f.config["RevisionId"],
	}, nil
}

func (s *State) removePermission(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findQualified(in)
	if err != nil {
		return nil, err
	}
	sid := in.Str("StatementId")
	left := slices.DeleteFunc(slices.Clone(f.permissions[qualifier]),
		func(p permission) bool { return p.Sid == sid })
	if len(left) == len(f.permissions[qualifier]) {
		return nil, wire.Fail(http.StatusNotFound, "ResourceNotFoundException",
			"Statement %s is not found in resource policy.", sid)
	}
	f.permissions[qualifier] = left
	return nil, nil
}

// allows tells whether a service of AWS may invoke the function by a qualifier for a source, which
// is the ARN of a route, an authorizer, a rule or a topic. Only the permissions for that qualifier
// count.
// (https://docs.aws.amazon.com/lambda/latest/dg/using-aliases.html)
func (f *function) allows(qualifier, service, source string) bool {
	return slices.ContainsFunc(f.permissions[qualifier], func(p permission) bool {
		return p.isFor(service) && p.invokes() && p.matches(source)
	})
}

func (p permission) isFor(service string) bool {
	named, _ := p.Principal.(map[string]string)
	return p.Principal == "*" || named["Service"] == service
}

func (p permission) invokes() bool {
	return slices.Contains([]string{"lambda:InvokeFunction", "lambda:*", "*"}, p.Action)
}

func (p permission) matches(source string) bool {
	wanted := p.Condition["ArnLike"]["AWS:SourceArn"]
	account, limited := p.Condition["StringEquals"]["AWS:SourceAccount"]
	return (wanted == "" || iam.MatchARN(wanted, source)) &&
		(!limited || account == strings.Split(source, ":")[4])
}
