package awstest_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/internal/awstest"
)

// An account is a cloud whose operations a test calls directly.
type account struct {
	*awstest.Cloud
	t *testing.T
}

type in = map[string]any

func newAccount(t *testing.T) *account {
	return &account{Cloud: awstest.New(), t: t}
}

// do runs an operation, "lambda GetFunction", that must not fail.
func (a *account) do(operation string, with in) in {
	a.t.Helper()
	service, name, _ := strings.Cut(operation, " ")
	out, err := a.Operate(service, name, with)
	if err != nil {
		a.t.Fatalf("%s %v: %v", operation, with, err)
	}
	return out
}

// refused runs an operation that must fail with an error that begins with a code, and has a text.
func (a *account) refused(operation string, with in, code, text string) {
	a.t.Helper()
	service, name, _ := strings.Cut(operation, " ")
	_, err := a.Operate(service, name, with)
	if err == nil || !strings.HasPrefix(err.Error(), code+": ") ||
		!strings.Contains(err.Error(), text) {
		a.t.Errorf("%s %v: error %v, want %s with %q", operation, with, err, code, text)
	}
}

const roleARN = "arn:aws:iam::" + awstest.Account + ":role/echo"

// role makes a role that Lambda can assume at once, or another service.
func (a *account) role(name, service string) {
	a.t.Helper()
	settle := a.Settle
	a.Settle = 0
	a.do("iam CreateRole", in{"RoleName": name, "AssumeRolePolicyDocument": fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
		"Principal":{"Service":"%s.amazonaws.com"}}]}`, service)})
	a.Settle = settle
}

// function makes an Active function with the role echo.
func (a *account) function(name string) {
	a.t.Helper()
	settle := a.Settle
	a.Settle = 0
	a.do("lambda CreateFunction", newFunction(a.t, name))
	a.Settle = settle
}

// newFunction returns the input for a function that can be created if there is a role echo.
func newFunction(t *testing.T, name string) in {
	return in{
		"FunctionName": name, "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": roleARN,
		"Code": in{"ZipFile": archive(t, entry{"bootstrap", 0o755, "#!/bin/sh\n"})},
	}
}

type entry struct {
	name string
	mode fs.FileMode
	text string
}

// archive returns a zip of some files.
func archive(t *testing.T, files ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range files {
		header := &zip.FileHeader{Name: e.name}
		header.SetMode(e.mode)
		f, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// with returns a copy of an input with some members changed, or without those that are nil.
func with(base in, changes in) in {
	out := in{}
	for name, value := range base {
		out[name] = value
	}
	for name, value := range changes {
		out[name] = value
		if value == nil {
			delete(out, name)
		}
	}
	return out
}
