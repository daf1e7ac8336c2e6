package docs_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg/internal/sigv4"
	"github.com/tyg-dev/tyg/internal/testprogram"
)

// TestMain runs curl if the test binary has that name. The page needs no more of curl than this,
// and the curl of some machines cannot sign. Else it runs the tests, which install programs into
// one directory: the go command leaves those there that are up to date.
func TestMain(m *testing.M) {
	name := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	if name != "curl" {
		os.Exit(runTests(m))
	}
	if err := curl(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "curl: %v\n", err)
		os.Exit(1)
	}
}

func runTests(m *testing.M) int {
	bin, err := os.MkdirTemp("", "tyg-docs-")
	if err == nil {
		defer os.RemoveAll(bin)
		err = errors.Join(installCurl(bin), os.Setenv("GOBIN", bin), testprogram.Keep(bin))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// installCurl copies the test binary to bin, as curl.
func installCurl(bin string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	name := filepath.Join(bin, "curl")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return os.WriteFile(name, data, 0o777)
}

// curl sends a signed request: a POST if there is a body.
func curl(args []string) error {
	f := flag.NewFlagSet("curl", flag.ContinueOnError)
	signing := f.String("aws-sigv4", "", "aws:amz:REGION:SERVICE")
	user := f.String("user", "", "ID:SECRET")
	body := f.String("d", "", "body")
	method := f.String("X", "", "method")
	head := f.Bool("i", false, "print the head of the answer, too")
	header := make(http.Header)
	f.Func("H", "NAME: VALUE", func(line string) error {
		name, value, _ := strings.Cut(line, ": ")
		header.Set(name, value)
		return nil
	})
	if err := f.Parse(args); err != nil {
		return err
	}
	scope := strings.Split(*signing, ":")
	id, secret, ok := strings.Cut(*user, ":")
	if len(scope) != 4 || !ok || f.NArg() != 1 {
		return fmt.Errorf("usage error: %q; "+
			"use curl --aws-sigv4 aws:amz:REGION:SERVICE --user ID:SECRET URL", args)
	}
	r, err := http.NewRequest(cmp.Or(*method, methodOf(*body)), f.Arg(0), strings.NewReader(*body))
	if err != nil {
		return err
	}
	r.Header = header
	if *body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	cred := sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret}
	sigv4.Sign(r, []byte(*body), cred, scope[2], scope[3], time.Now())
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if *head {
		fmt.Println(res.Proto, res.Status)
		_ = res.Header.Write(os.Stdout) // a failure shows in the output
		fmt.Println()
	}
	_, err = io.Copy(os.Stdout, res.Body)
	return err
}

// methodOf returns the method of a request whose command names none.
func methodOf(body string) string {
	if body != "" {
		return http.MethodPost
	}
	return http.MethodGet
}
