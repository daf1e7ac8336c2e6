package awstest_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/tyg-dev/tyg/internal/awstest"
)

const (
	lambdaTrust = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
		"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`
	somePolicy = `{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
		"Action": ["logs:*"], "Resource": "arn:aws:logs:*:*:*"}}`
	basicRole = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
)

// A roleMaker makes calls about the role r.
type roleMaker struct {
	*testing.T
	*iam.Client
}

func newRoleMaker(t *testing.T) (roleMaker, *awstest.Cloud) {
	t.Helper()
	c, cfg := start(t)
	return roleMaker{t, iam.NewFromConfig(cfg)}, c
}

func (m roleMaker) create(name, trust string, tags ...types.Tag) error {
	_, err := m.CreateRole(m.Context(), &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: &trust, Tags: tags,
	})
	return err
}

func (m roleMaker) remove(name string) error {
	_, err := m.DeleteRole(m.Context(), &iam.DeleteRoleInput{RoleName: &name})
	return err
}

func (m roleMaker) put(name, doc string) error {
	_, err := m.PutRolePolicy(m.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("r"), PolicyName: &name, PolicyDocument: &doc,
	})
	return err
}

func (m roleMaker) unput(name string) error {
	_, err := m.DeleteRolePolicy(m.Context(), &iam.DeleteRolePolicyInput{
		RoleName: aws.String("r"), PolicyName: &name,
	})
	return err
}

func (m roleMaker) attach(arn string) error {
	_, err := m.AttachRolePolicy(m.Context(), &iam.AttachRolePolicyInput{
		RoleName: aws.String("r"), PolicyArn: &arn,
	})
	return err
}

func (m roleMaker) detach(arn string) error {
	_, err := m.DetachRolePolicy(m.Context(), &iam.DetachRolePolicyInput{
		RoleName: aws.String("r"), PolicyArn: &arn,
	})
	return err
}

// decode undoes the percent-encoding of a policy document.
func decode(t *testing.T, doc *string) string {
	t.Helper()
	text, err := url.PathUnescape(aws.ToString(doc))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestGetCallerIdentity(t *testing.T) {
	_, cfg := start(t)
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *out.Account != awstest.Account {
		t.Errorf("%v, %v, want account %s", out, err, awstest.Account)
	}
}

func TestRole(t *testing.T) {
	m, c := newRoleMaker(t)
	lists := strings.Replace(lambdaTrust, `"sts:AssumeRole"`, `["sts:AssumeRole"]`, 1)
	wantCode(t, "create", m.create("r", lists), "")
	wantCode(t, "create again", m.create("R", lambdaTrust), "EntityAlreadyExists")
	out, err := m.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("r")})
	if err != nil {
		t.Fatal(err)
	}
	// IAM replaces a list of one string by the string.
	want := `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow",` +
		`"Principal":{"Service":"lambda.amazonaws.com"}}],"Version":"2012-10-17"}`
	if got := decode(t, out.Role.AssumeRolePolicyDocument); lists == lambdaTrust || got != want {
		t.Errorf("trust policy %s, want %s", got, want)
	}
	if got := *out.Role.Arn; got != "arn:aws:iam::123456789012:role/r" {
		t.Errorf("ARN %s", got)
	}
	if got, want := c.Resources(), []string{"iam role r"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	wantCode(t, "delete", m.remove("r"), "")
	wantCode(t, "delete again", m.remove("r"), "NoSuchEntity")
	_, err = m.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("r")})
	wantCode(t, "get", err, "NoSuchEntity")
	if got := c.Resources(); len(got) > 0 {
		t.Errorf("%v, want nothing", got)
	}
}

func TestUpdateRole(t *testing.T) {
	m, _ := newRoleMaker(t)
	wantCode(t, "create", m.create("r", lambdaTrust), "")
	trust := strings.Replace(lambdaTrust, "lambda", "apigateway", 1)
	_, err := m.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("r"), PolicyDocument: &trust,
	})
	wantCode(t, "update trust", err, "")
	_, err = m.UpdateRole(t.Context(), &iam.UpdateRoleInput{
		RoleName: aws.String("r"), Description: aws.String("new"),
		MaxSessionDuration: aws.Int32(7200),
	})
	wantCode(t, "update", err, "")
	out, err := m.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("r")})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(decode(t, out.Role.AssumeRolePolicyDocument), `"apigateway.amazonaws.com"`) ||
		*out.Role.Description != "new" || *out.Role.MaxSessionDuration != 7200 {
		t.Errorf("role %+v", out.Role)
	}
}

func TestRoleDeleteConflicts(t *testing.T) {
	m, _ := newRoleMaker(t)
	wantCode(t, "create", m.create("r", lambdaTrust), "")
	wantCode(t, "put", m.put("p", somePolicy), "")
	wantCode(t, "attach", m.attach(basicRole), "")
	wantCode(t, "delete with both", m.remove("r"), "DeleteConflict")
	wantCode(t, "detach", m.detach(basicRole), "")
	wantCode(t, "delete with inline", m.remove("r"), "DeleteConflict")
	wantCode(t, "delete policy", m.unput("p"), "")
	wantCode(t, "attach", m.attach(basicRole), "")
	wantCode(t, "delete with attached", m.remove("r"), "DeleteConflict")
	wantCode(t, "detach", m.detach(basicRole), "")
	wantCode(t, "delete", m.remove("r"), "")
}

func TestRolePolicies(t *testing.T) {
	m, _ := newRoleMaker(t)
	wantCode(t, "no role", m.put("p", somePolicy), "NoSuchEntity")
	wantCode(t, "create", m.create("r", lambdaTrust), "")
	_, err := m.ListRolePolicies(t.Context(),
		&iam.ListRolePoliciesInput{RoleName: aws.String("r")})
	wantCode(t, "none yet", err, "")
	for _, name := range []string{"c", "a", "b"} {
		wantCode(t, "put", m.put(name, somePolicy), "")
	}
	changed := strings.Replace(somePolicy, "Allow", "Deny", 1)
	wantCode(t, "put again", m.put("a", changed), "")
	out, err := m.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{
		RoleName: aws.String("r"), PolicyName: aws.String("a"),
	})
	if err != nil || decode(t, out.PolicyDocument) != changed {
		t.Errorf("get: %v, %v, want %s", out, err, changed)
	}
	var names []string
	pages := iam.NewListRolePoliciesPaginator(m, &iam.ListRolePoliciesInput{RoleName: aws.String("r")})
	n := 0
	for ; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, page.PolicyNames...)
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(names, want) || n != 2 {
		t.Errorf("%d pages with %v, want 2 with %v", n, names, want)
	}
	wantCode(t, "delete", m.unput("a"), "")
	wantCode(t, "delete again", m.unput("a"), "NoSuchEntity")
	_, err = m.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{
		RoleName: aws.String("r"), PolicyName: aws.String("a"),
	})
	wantCode(t, "get", err, "NoSuchEntity")
}

// A role has at most 10,240 bytes of policies; a policy that is replaced does not count.
func TestRolePoliciesShareALimit(t *testing.T) {
	m, _ := newRoleMaker(t)
	wantCode(t, "create", m.create("r", lambdaTrust), "")
	large := strings.Replace(somePolicy, `"Effect"`,
		`"Sid": "`+strings.Repeat("a", 6000)+`", "Effect"`, 1)
	wantCode(t, "put", m.put("a", large), "")
	wantCode(t, "put it again", m.put("a", large), "")
	wantCode(t, "put another", m.put("b", large), "LimitExceeded")
}

func TestAttachedPolicies(t *testing.T) {
	m, _ := newRoleMaker(t)
	wantCode(t, "create", m.create("r", lambdaTrust), "")
	wantCode(t, "attach", m.attach(basicRole), "")
	wantCode(t, "attach again", m.attach(basicRole), "")
	wantCode(t, "attach unknown", m.attach("arn:aws:iam::aws:policy/Nothing"), "NoSuchEntity")
	out, err := m.ListAttachedRolePolicies(t.Context(),
		&iam.ListAttachedRolePoliciesInput{RoleName: aws.String("r")})
	if err != nil || len(out.AttachedPolicies) != 1 ||
		*out.AttachedPolicies[0].PolicyName != "AWSLambdaBasicExecutionRole" {
		t.Errorf("list: %v, %v", out, err)
	}
	wantCode(t, "detach", m.detach(basicRole), "")
	wantCode(t, "detach again", m.detach(basicRole), "NoSuchEntity")
}

func TestRoleTags(t *testing.T) {
	m, _ := newRoleMaker(t)
	tags := func(keys ...string) []types.Tag {
		var all []types.Tag
		for _, key := range keys {
			all = append(all, types.Tag{Key: &key, Value: aws.String("v")})
		}
		return all
	}
	wantCode(t, "twice", m.create("r", lambdaTrust, tags("a", "A")...), "InvalidInput")
	wantCode(t, "reserved", m.create("r", lambdaTrust, tags("aws:x")...), "InvalidInput")
	wantCode(t, "create", m.create("r", lambdaTrust, tags("Stage")...), "")
	tag := func(keys ...string) error {
		_, err := m.TagRole(t.Context(), &iam.TagRoleInput{
			RoleName: aws.String("r"), Tags: tags(keys...),
		})
		return err
	}
	wantCode(t, "tag", tag("stage", "b", "c"), "")
	many := make([]string, 48)
	for i := range many {
		many[i] = fmt.Sprint("more", i)
	}
	wantCode(t, "51 tags", tag(many...), "LimitExceeded")
	_, err := m.UntagRole(t.Context(), &iam.UntagRoleInput{
		RoleName: aws.String("r"), TagKeys: []string{"B"},
	})
	wantCode(t, "untag", err, "")
	out, err := m.ListRoleTags(t.Context(), &iam.ListRoleTagsInput{RoleName: aws.String("r")})
	if err != nil || len(out.Tags) != 2 || *out.Tags[0].Key != "c" || *out.Tags[1].Key != "stage" {
		t.Errorf("list: %+v, %v, want c and stage", out, err)
	}
}

func TestServiceLinkedRole(t *testing.T) {
	m, c := newRoleMaker(t)
	create := func(service string) error {
		_, err := m.CreateServiceLinkedRole(t.Context(),
			&iam.CreateServiceLinkedRoleInput{AWSServiceName: &service})
		return err
	}
	wantCode(t, "create", create("ops.apigateway.amazonaws.com"), "")
	wantCode(t, "create again", create("ops.apigateway.amazonaws.com"), "InvalidInput")
	wantCode(t, "unknown service", create("x.amazonaws.com"), "InvalidInput")
	wantCode(t, "delete", m.remove("AWSServiceRoleForAPIGateway"), "UnmodifiableEntity")
	if got := c.Resources(); len(got) > 0 {
		t.Errorf("%v, want nothing: the role is AWS's", got)
	}
}

func TestPolicyDocuments(t *testing.T) {
	m, _ := newRoleMaker(t)
	wantCode(t, "create", m.create("r", lambdaTrust), "")
	statement := func(inner string) string {
		return `{"Version":"2012-10-17","Statement":[{` + inner + `}]}`
	}
	const rest = `"Effect":"Allow","Action":"a:b","Resource":"*"`
	tests := []struct{ name, doc, code string }{
		{"good", statement(rest), ""},
		{"condition", statement(rest + `,"Condition":{"StringEquals":{"a:b":["x",1,true]}}`), ""},
		{"no JSON", `{`, "MalformedPolicyDocument"},
		{"more than JSON", statement(rest) + "{}", "MalformedPolicyDocument"},
		{"version", strings.Replace(statement(rest), "2012", "2013", 1), "MalformedPolicyDocument"},
		{"no statement", `{"Version":"2012-10-17"}`, "MalformedPolicyDocument"},
		{"unknown element", statement(rest + `,"Actions":"x"`), "MalformedPolicyDocument"},
		{"effect", statement(`"Effect":"Yes","Action":"a:b","Resource":"*"`), "MalformedPolicyDocument"},
		{"no action", statement(`"Effect":"Allow","Resource":"*"`), "MalformedPolicyDocument"},
		{
			"action without a service", statement(`"Effect":"Allow","Action":"b","Resource":"*"`),
			"MalformedPolicyDocument",
		},
		{"action and its reverse", statement(rest + `,"NotAction":"a:c"`), "MalformedPolicyDocument"},
		{"no resource", statement(`"Effect":"Allow","Action":"a:b"`), "MalformedPolicyDocument"},
		{
			"resource is no ARN", statement(`"Effect":"Allow","Action":"a:b","Resource":"table"`),
			"MalformedPolicyDocument",
		},
		{
			"partition", statement(`"Effect":"Allow","Action":"a:b","Resource":"arn:x:a:::b"`),
			"MalformedPolicyDocument",
		},
		{"principal", statement(rest + `,"Principal":"*"`), "MalformedPolicyDocument"},
		{"SID", statement(rest + `,"Sid":"a-b"`), "MalformedPolicyDocument"},
		{
			"SID twice", statement(rest + `,"Sid":"a"},{` + rest + `,"Sid":"a"`),
			"MalformedPolicyDocument",
		},
		{"size", statement(rest + `,"Sid":"` + strings.Repeat("a", 10240) + `"`), "LimitExceeded"},
	}
	for _, tt := range tests {
		wantCode(t, tt.name, m.put("p", tt.doc), tt.code)
	}
}

func TestTrustPolicies(t *testing.T) {
	m, _ := newRoleMaker(t)
	tests := []struct{ name, old, new, code string }{
		{"resource", `"Action"`, `"Resource": "*", "Action"`, "MalformedPolicyDocument"},
		{
			"no principal", `"Principal": {"Service": "lambda.amazonaws.com"},`, "",
			"MalformedPolicyDocument",
		},
		{"principal", "lambda.amazonaws.com", "lambda", "MalformedPolicyDocument"},
		{"kind of principal", `"Service"`, `"Servant"`, "MalformedPolicyDocument"},
		{"action", "sts:AssumeRole", "lambda:AssumeRole", "MalformedPolicyDocument"},
		{"size", `"Effect"`, `"Sid": "` + strings.Repeat("a", 2048) + `", "Effect"`, "LimitExceeded"},
		{"good", "", "", ""},
	}
	for _, tt := range tests {
		wantCode(t, tt.name, m.create("r", strings.Replace(lambdaTrust, tt.old, tt.new, 1)), tt.code)
	}
}
