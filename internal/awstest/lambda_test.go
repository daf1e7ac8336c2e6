package awstest_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
)

func TestFunctionSettles(t *testing.T) {
	a := newAccount(t)
	a.Settle = 2
	a.role("echo", "lambda")
	name := in{"FunctionName": "f"}
	made := a.do("lambda CreateFunction", newFunction(t, "f"))
	states := []any{made["State"]}
	for range 3 {
		states = append(states, a.do("lambda GetFunctionConfiguration", name)["State"])
	}
	if want := []any{"Pending", "Pending", "Pending", "Active"}; !slices.Equal(states, want) {
		t.Errorf("a new function is %v, want %v", states, want)
	}
	changed := a.do("lambda UpdateFunctionConfiguration", in{"FunctionName": "f", "Timeout": 29})
	states = []any{changed["LastUpdateStatus"]}
	for range 3 {
		c := a.do("lambda GetFunction", name)["Configuration"].(in)
		states = append(states, c["LastUpdateStatus"])
	}
	want := []any{"InProgress", "InProgress", "InProgress", "Successful"}
	if !slices.Equal(states, want) {
		t.Errorf("an update is %v, want %v", states, want)
	}
}

func TestFunctionRefusesWhileItSettles(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	code := newFunction(t, "f")["Code"].(in)["ZipFile"]
	update := in{"FunctionName": "f", "ZipFile": code}
	a.do("lambda CreateFunction", newFunction(t, "f"))
	a.refused("lambda UpdateFunctionCode", update, "ResourceConflictException", "Pending")
	a.do("lambda UpdateFunctionCode", update)
	a.refused("lambda UpdateFunctionConfiguration", in{"FunctionName": "f"},
		"ResourceConflictException", "An update is in progress")
	a.do("lambda UpdateFunctionConfiguration", in{"FunctionName": "f"})
}

func TestCreateFunctionRefuses(t *testing.T) {
	zipOf := func(files ...entry) in { return in{"Code": in{"ZipFile": archive(t, files...)}} }
	env := func(name, value string) in {
		return in{"Environment": in{"Variables": in{name: value}}}
	}
	for name, row := range map[string]struct {
		change     in
		code, text string
	}{
		"a long name":     {in{"FunctionName": strings.Repeat("n", 65)}, "ValidationException", "64"},
		"a long timeout":  {in{"Timeout": 901}, "ValidationException", "900"},
		"much memory":     {in{"MemorySize": 10241}, "ValidationException", "10240"},
		"no runtime":      {in{"Runtime": nil}, "InvalidParameterValueException", "mandatory"},
		"no handler":      {in{"Handler": nil}, "InvalidParameterValueException", "mandatory"},
		"no code":         {in{"Code": in{}}, "InvalidParameterValueException", "source"},
		"a reserved name": {env("AWS_REGION", "x"), "InvalidParameterValueException", "AWS_REGION"},
		"much environment": {
			env("LONG", strings.Repeat("v", 4096)), "InvalidParameterValueException", "4KB",
		},
		"a reserved tag": {in{"Tags": in{"aws:x": "y"}}, "InvalidParameterValueException", "aws:"},
		"no such role": {
			in{"Role": roleARN + "2"},
			"InvalidParameterValueException",
			"The role defined for the function cannot be assumed by Lambda.",
		},
		"a role for others": {
			in{"Role": strings.Replace(roleARN, "echo", "other", 1)},
			"InvalidParameterValueException",
			"cannot be assumed by Lambda",
		},
		"no zip": {
			in{"Code": in{"ZipFile": []byte("PK")}},
			"InvalidParameterValueException",
			"Could not unzip uploaded file.",
		},
		"an empty zip": {zipOf(), "InvalidParameterValueException", "non-empty zip"},
		"no bootstrap": {
			zipOf(entry{"bin/bootstrap", 0o755, ""}), "InvalidParameterValueException", "no bootstrap",
		},
		"a bootstrap that is no program": {
			zipOf(entry{"bootstrap", 0o644, ""}), "InvalidParameterValueException", "not an executable",
		},
		"a bootstrap for its owner": {
			zipOf(entry{"bootstrap", 0o700, ""}), "InvalidParameterValueException", "not an executable",
		},
		"a name that is taken": {
			in{"FunctionName": "taken"}, "ResourceConflictException", "already exist",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAccount(t)
			a.role("echo", "lambda")
			a.role("other", "ec2")
			a.function("taken")
			a.refused("lambda CreateFunction", with(newFunction(t, "f"), row.change), row.code, row.text)
			if got := a.Resources(); slices.Contains(got, "lambda function f") {
				t.Errorf("it was made all the same: %q", got)
			}
		})
	}
}

func TestCreateFunctionInAnotherLanguage(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.do("lambda CreateFunction", with(newFunction(t, "f"), in{
		"Runtime": "python3.13", "Handler": "app.handler",
		"Code": in{"ZipFile": archive(t, entry{"app.py", 0o644, "def handler(event, context): 0"})},
	}))
}

func TestCreateFunctionRefusesLargeFiles(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	for size, fits := range map[uint64]bool{250<<20 - 1: true, 250 << 20: false} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		header := &zip.FileHeader{Name: "bootstrap", UncompressedSize64: size}
		header.SetMode(0o755)
		if _, err := w.CreateRaw(header); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		large := with(newFunction(t, "f"), in{"Code": in{"ZipFile": b.Bytes()}})
		if fits {
			a.do("lambda CreateFunction", large)
			a.do("lambda DeleteFunction", in{"FunctionName": "f"})
			continue
		}
		a.refused("lambda CreateFunction", large, "InvalidParameterValueException", "262144000")
	}
}

func TestCreateFunctionWaitsForItsRole(t *testing.T) {
	a := newAccount(t)
	a.Settle = 2
	a.do("iam CreateRole", in{"RoleName": "echo", "AssumeRolePolicyDocument": `{
		"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
		"Principal":{"Service":"lambda.amazonaws.com"}}]}`})
	for range 2 {
		a.refused("lambda CreateFunction", newFunction(t, "f"), "InvalidParameterValueException",
			"cannot be assumed by Lambda")
	}
	a.do("lambda CreateFunction", newFunction(t, "f"))
}

func TestFunctionIsWhatWasAskedFor(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.Settle = 0
	wanted := with(newFunction(t, "f"), in{
		"Architectures": []any{"arm64"}, "Environment": in{"Variables": in{"TABLE": "chat"}},
		"Tags": in{"app": "echo"}, "Layers": []any{}, "VpcConfig": in{"SubnetIds": []any{}},
	})
	got := a.do("lambda CreateFunction", wanted)
	sum := sha256.Sum256(wanted["Code"].(in)["ZipFile"].([]byte))
	for name, want := range map[string]any{
		"FunctionName": "f", "CodeSha256": base64.StdEncoding.EncodeToString(sum[:]),
		"FunctionArn": "arn:aws:lambda:us-west-2:123456789012:function:f",
		"Timeout":     json.Number("3"), "MemorySize": json.Number("128"), "Version": "$LATEST",
		"State": "Active", "LastUpdateStatus": "Successful",
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	full := a.do("lambda GetFunction", in{"FunctionName": got["FunctionArn"]})
	if fmt.Sprint(full["Tags"]) != "map[app:echo]" {
		t.Errorf("tags %v", full["Tags"])
	}
	a.do("lambda UpdateFunctionConfiguration", in{"FunctionName": "f", "Environment": in{}})
	after := a.do("lambda GetFunctionConfiguration", in{"FunctionName": "f"})
	if after["Environment"] != nil {
		t.Errorf("an empty environment is %v", after["Environment"])
	}
}

func TestUpdateFunctionKeepsWhatItDoesNotName(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.Settle = 0
	a.do("lambda CreateFunction", with(newFunction(t, "f"), in{
		"Environment":   in{"Variables": in{"TABLE": "chat"}},
		"LoggingConfig": in{"LogFormat": "JSON"},
	}))
	a.do("lambda UpdateFunctionConfiguration", in{
		"FunctionName": "f", "Timeout": 5, "SnapStart": in{"ApplyOn": "None"},
	})
	out := a.do("lambda GetFunction", in{"FunctionName": "f"})
	got := out["Configuration"].(in)
	for name, want := range map[string]string{
		"Environment": "map[Variables:map[TABLE:chat]]",
		"LoggingConfig": "map[ApplicationLogLevel:INFO LogFormat:JSON LogGroup:/aws/lambda/f " +
			"SystemLogLevel:INFO]",
		"Timeout": "5",
	} {
		if fmt.Sprint(got[name]) != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if out["Tags"] != nil || out["Concurrency"] != nil {
		t.Errorf("without tags and concurrency: %v", out)
	}
	a.do("lambda PutFunctionConcurrency", in{
		"FunctionName": "f", "ReservedConcurrentExecutions": 7,
	})
	got = a.do("lambda GetFunction", in{"FunctionName": "f"})
	if want := "map[ReservedConcurrentExecutions:7]"; fmt.Sprint(got["Concurrency"]) != want {
		t.Errorf("concurrency is %v, want %v", got["Concurrency"], want)
	}
}

func TestUpdateFunctionNeedsTheLatestRevision(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	a.Settle = 0
	seen := a.do("lambda GetFunctionConfiguration", in{"FunctionName": "f"})["RevisionId"]
	mine := in{"FunctionName": "f", "RevisionId": seen, "Handler": "other"}
	if got := a.do("lambda UpdateFunctionConfiguration", mine)["Handler"]; got != "other" {
		t.Errorf("handler %v", got)
	}
	a.refused("lambda UpdateFunctionConfiguration", mine, "PreconditionFailedException", "Revision")
}

func TestUpdateFunctionCode(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	other := archive(t, entry{"bootstrap", 0o755, "other"})
	before := a.do("lambda GetFunctionConfiguration", in{"FunctionName": "f"})["CodeSha256"]
	dry := a.do("lambda UpdateFunctionCode", in{"FunctionName": "f", "ZipFile": other, "DryRun": true})
	if dry["CodeSha256"] != before {
		t.Error("a dry run changes the code")
	}
	wet := a.do("lambda UpdateFunctionCode",
		in{"FunctionName": "f", "ZipFile": other, "Architectures": []any{"arm64"}})
	if wet["CodeSha256"] == before || fmt.Sprint(wet["Architectures"]) != "[arm64]" {
		t.Errorf("after an update: %v", wet)
	}
	a.do("lambda GetFunction", in{"FunctionName": "f"})
	a.refused("lambda UpdateFunctionCode", in{"FunctionName": "f"},
		"InvalidParameterValueException", "Please provide a source")
	a.refused("lambda UpdateFunctionCode",
		in{"FunctionName": "f", "ZipFile": archive(t, entry{"main", 0o755, ""})},
		"InvalidParameterValueException", "bootstrap")
}

func TestUnknownFunctions(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	gone := in{"FunctionName": "g"}
	for _, operation := range []string{
		"GetFunction", "GetFunctionConfiguration", "DeleteFunction", "UpdateFunctionConfiguration",
		"GetFunctionConcurrency", "GetPolicy", "Invoke",
	} {
		a.refused("lambda "+operation, gone, "ResourceNotFoundException",
			"Function not found: arn:aws:lambda:us-west-2:123456789012:function:g")
	}
	a.refused("lambda GetFunction", in{"FunctionName": "f", "Qualifier": "live"},
		"ResourceNotFoundException", "f:live")
	a.do("lambda DeleteFunction", in{"FunctionName": "f"})
	a.refused("lambda DeleteFunction", in{"FunctionName": "f"}, "ResourceNotFoundException", "")
}

func TestListFunctionsHasPages(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	for _, name := range []string{"c", "a", "b"} {
		a.function(name)
	}
	var names []any
	marker := in{"MaxItems": 50}
	for range 2 {
		out := a.do("lambda ListFunctions", marker)
		for _, f := range out["Functions"].([]any) {
			names = append(names, f.(in)["FunctionName"])
		}
		marker = in{"Marker": out["NextMarker"]}
	}
	if want := []any{"a", "b", "c"}; !slices.Equal(names, want) || marker["Marker"] != nil {
		t.Errorf("two pages have %v, want %v", names, want)
	}
}

func TestFunctionTags(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	resource := in{"Resource": "arn:aws:lambda:us-west-2:123456789012:function:f"}
	a.do("lambda TagResource", with(resource, in{"Tags": in{"a": "1", "b": "2"}}))
	a.do("lambda UntagResource", with(resource, in{"TagKeys": []any{"a", "x"}}))
	if got := fmt.Sprint(a.do("lambda ListTags", resource)["Tags"]); got != "map[b:2]" {
		t.Errorf("tags are %s, want b only", got)
	}
	a.refused("lambda TagResource", with(resource, in{"Tags": in{"AWS:x": "1"}}),
		"InvalidParameterValueException", "aws:")
	many := in{}
	for i := range 50 {
		many[fmt.Sprint(i)] = ""
	}
	a.refused("lambda TagResource", with(resource, in{"Tags": many}),
		"InvalidParameterValueException", "more than 50")
}

func TestFunctionConcurrency(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	a.function("g")
	name := in{"FunctionName": "f"}
	set := func(n int) in { return in{"FunctionName": "f", "ReservedConcurrentExecutions": n} }
	if got := a.do("lambda GetFunctionConcurrency", name); len(got) != 0 {
		t.Errorf("without concurrency: %v", got)
	}
	a.do("lambda PutFunctionConcurrency", set(900))
	a.refused("lambda PutFunctionConcurrency", set(901), "InvalidParameterValueException", "[100]")
	a.refused("lambda PutFunctionConcurrency", with(set(1), in{"FunctionName": "g"}),
		"InvalidParameterValueException", "[100]")
	a.do("lambda PutFunctionConcurrency", set(0))
	a.refused("lambda Invoke", name, "TooManyRequestsException", "Rate Exceeded")
	a.do("lambda DeleteFunctionConcurrency", name)
	a.do("lambda Invoke", name)
}

func TestFunctionPolicy(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	name := in{"FunctionName": "f"}
	grant := in{
		"FunctionName": "f", "StatementId": "s1", "Action": "lambda:InvokeFunction",
		"Principal": "apigateway.amazonaws.com",
		"SourceArn": "arn:aws:execute-api:us-west-2:123456789012:api/*",
	}
	a.refused("lambda GetPolicy", name, "ResourceNotFoundException", "does not exist")
	a.refused("lambda AddPermission", with(grant, in{"Principal": "apigateway"}),
		"InvalidParameterValueException", "principal was invalid")
	a.do("lambda AddPermission", grant)
	a.refused("lambda AddPermission", grant, "ResourceConflictException",
		"(s1) provided already exists")
	const want = `{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"s1","Effect":"Allow",` +
		`"Principal":{"Service":"apigateway.amazonaws.com"},"Action":"lambda:InvokeFunction",` +
		`"Resource":"arn:aws:lambda:us-west-2:123456789012:function:f","Condition":{"ArnLike":` +
		`{"AWS:SourceArn":"arn:aws:execute-api:us-west-2:123456789012:api/*"}}}]}`
	if got := a.do("lambda GetPolicy", name)["Policy"]; got != want {
		t.Errorf("policy %v\nwant %v", got, want)
	}
	a.refused("lambda RemovePermission", in{"FunctionName": "f", "StatementId": "s2"},
		"ResourceNotFoundException", "s2")
	a.do("lambda RemovePermission", in{"FunctionName": "f", "StatementId": "s1"})
	a.refused("lambda GetPolicy", name, "ResourceNotFoundException", "")
}

func TestPermissionPrincipals(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	for principal, want := range map[string]string{
		"*": `"*"`, "s3.amazonaws.com": `{"Service":"s3.amazonaws.com"}`,
		awstest.Account: `{"AWS":"arn:aws:iam::123456789012:root"}`, roleARN: `{"AWS":"` + roleARN + `"}`,
	} {
		got := a.do("lambda AddPermission", in{
			"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction",
			"Principal": principal,
		})["Statement"]
		want = `{"Sid":"s","Effect":"Allow","Principal":` + want + `,"Action":"lambda:InvokeFunction",` +
			`"Resource":"` + functionARN + `"}`
		if got != want {
			t.Errorf("statement %v, want %v", got, want)
		}
		a.do("lambda RemovePermission", in{"FunctionName": "f", "StatementId": "s"})
	}
}

func TestFunctionPolicyHasALimit(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	for i := range 200 {
		_, err := a.Operate("lambda", "AddPermission", in{
			"FunctionName": "f", "StatementId": fmt.Sprint(i), "Action": "lambda:InvokeFunction",
			"Principal": awstest.Account,
		})
		if err != nil && strings.HasPrefix(err.Error(), "PolicyLengthExceededException") {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("a policy of 200 statements is accepted")
}

func TestInvoke(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	var got []string
	a.OnInvoke(func(f awstest.Function, event []byte) ([]byte, string) {
		got = append(got, f.Name+" "+string(event))
		a.Resources() // a function may use AWS
		return []byte(`{"a":1}`), "Unhandled"
	})
	call := in{"FunctionName": "f", "Payload": []byte(`{"x":2}`)}
	out := a.do("lambda Invoke", with(call, in{"LogType": "Tail"}))
	if string(out["Payload"].([]byte)) != `{"a":1}` || out["FunctionError"] != "Unhandled" {
		t.Errorf("answer %v", out)
	}
	log, _ := base64.StdEncoding.DecodeString(out["LogResult"].(string))
	if !strings.HasPrefix(string(log), "START RequestId: ") {
		t.Errorf("log %q", log)
	}
	out = a.do("lambda Invoke", with(call, in{"InvocationType": "Event"}))
	if out["Payload"] != nil || out["StatusCode"] != json.Number("202") {
		t.Errorf("answer to an event %v", out)
	}
	a.do("lambda Invoke", with(call, in{"InvocationType": "DryRun"}))
	if want := []string{`f {"x":2}`, `f {"x":2}`}; !slices.Equal(got, want) {
		t.Errorf("the function got %q, want %q", got, want)
	}
	a.refused("lambda Invoke", with(call, in{"Payload": []byte("{")}),
		"InvalidRequestContentException", "json")
	a.refused("lambda Invoke", with(call, in{
		"InvocationType": "Event", "Payload": []byte(`"` + strings.Repeat("x", 1<<20) + `"`),
	}), "RequestTooLargeException", "limit 1048576")
}

func TestInvokeThatSucceeds(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.function("f")
	out := a.do("lambda Invoke", in{
		"FunctionName": "f", "Payload": []byte(`"` + strings.Repeat("x", 1<<20) + `"`),
	})
	if string(out["Payload"].([]byte)) != "null" {
		t.Errorf("answer %s", out["Payload"])
	}
	for _, name := range []string{"FunctionError", "LogResult"} {
		if value, ok := out[name]; ok {
			t.Errorf("%s is %v", name, value)
		}
	}
}

func TestInvokeOfAPendingFunction(t *testing.T) {
	a := newAccount(t)
	a.role("echo", "lambda")
	a.do("lambda CreateFunction", newFunction(t, "f"))
	a.refused("lambda Invoke", in{"FunctionName": "f"}, "ResourceConflictException", "Pending")
}
