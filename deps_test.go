package tyg_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/tyg-dev/tyg"

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath   string
	Standard     bool
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

// allowed lists, for each package of this module that others may import, what it may import of this
// module. A package that is not listed fails the test, and so does an entry without a package.
var allowed = map[string]string{
	"tyg":   "",
	"apigw": "tyg",
	"gateway": "tyg apigw gateway/internal/accesslog gateway/internal/handshake " +
		"internal/authorize internal/connid internal/groups internal/home internal/hostapi " +
		"internal/hosts internal/logqueue internal/lograte internal/memory internal/otherapi " +
		"internal/reqbody internal/route internal/sigv4 internal/sock internal/values internal/ws",
	"gateway/internal/accesslog": "tyg internal/logqueue internal/visible",
	"gateway/internal/handshake": "internal/hosts internal/ws",
	"cluster":                    "tyg gateway internal/connid internal/lostconn internal/natsurl",
	"internal/ledgerfile": "tyg gateway internal/filelock internal/lograte " +
		"internal/lostconn",
	"internal/lostconn": "tyg internal/connid",
	"host": "tyg cluster gateway internal/admin internal/certfile internal/clustermetrics " +
		"internal/grouptable internal/home internal/hosts " +
		"internal/inspect internal/ledgerfile internal/logqueue internal/pages " +
		"internal/profileflag internal/stopsignal lambda rooms/natskv",
	"internal/functions": "tyg apigw internal/functions/osproc " +
		"internal/functions/runtimeapi internal/hostapi",
	"internal/functions/invokeapi": "internal/functions internal/lograte internal/otherapi " +
		"internal/reqbody internal/sigv4",
	"internal/functions/osproc":     "",
	"internal/functions/outbound":   "",
	"internal/functions/runtimes":   "",
	"internal/functions/runtimeapi": "",
	"lambda": "tyg apigw internal/authorize internal/hostapi internal/partition " +
		"internal/sigv4",
	"rooms":                         "tyg",
	"trigger":                       "tyg",
	"rooms/roomstest":               "tyg rooms internal/sampletest",
	"rooms/natskv":                  "tyg rooms internal/natsurl",
	"rooms/dynamo":                  "tyg rooms",
	"internal/dynamodb":             "",
	"internal/dynamotest":           "internal/dynamodb",
	"internal/grouptable":           "tyg internal/partition internal/sigv4 lambda",
	"internal/grouptable/tabletest": "internal/dynamotest internal/grouptable internal/sigv4 lambda",
	"internal/natsd/natsdtest":      "internal/natsd",
	"rooms/storage": "rooms rooms/storage/internal/dynamodb " +
		"rooms/storage/internal/nats",
	"rooms/storage/internal/dynamodb": "internal/hosts rooms/dynamo",
	"rooms/storage/internal/nats":     "rooms/natskv",
	"internal/deploy": "internal/deploy/api internal/deploy/awserr internal/deploy/dns " +
		"internal/deploy/function " +
		"internal/deploy/logs internal/deploy/plan internal/deploy/role internal/deploy/rule " +
		"internal/deploy/secret internal/deploy/spec internal/deploy/store " +
		"internal/deploy/subscription internal/deploy/table",
	"internal/deploy/api": "tyg internal/deploy/awserr internal/deploy/plan " +
		"internal/deploy/spec internal/route",
	"internal/deploy/awserr":   "internal/deploy/spec",
	"internal/deploy/dns":      "internal/deploy/plan internal/deploy/spec",
	"internal/deploy/function": "internal/deploy/plan internal/deploy/spec internal/deploy/store",
	"internal/deploy/logs":     "internal/deploy/plan internal/deploy/spec",
	"internal/deploy/plan":     "internal/deploy/awserr internal/deploy/spec",
	"internal/deploy/role":     "internal/deploy/plan internal/deploy/spec",
	"internal/deploy/rule":     "internal/deploy/plan internal/deploy/spec",
	"internal/deploy/secret":   "internal/deploy/spec",
	"internal/deploy/spec":     "tyg",
	"internal/deploy/store": "internal/deploy/awserr internal/deploy/plan internal/deploy/spec " +
		"internal/filelock",
	"internal/deploy/subscription": "internal/deploy/plan internal/deploy/spec",
	"internal/deploy/table":        "internal/deploy/awserr internal/deploy/plan internal/deploy/spec",
	"internal/deploy/template":     "tyg internal/deploy/spec",
	"internal/deploy/template/cfn": "internal/deploy internal/deploy/spec " +
		"internal/deploy/template",
	"internal/deploy/template/tf": "internal/deploy internal/deploy/spec " +
		"internal/deploy/template",
	"internal/awstest": "internal/awstest/account internal/awstest/acm internal/awstest/apigateway " +
		"internal/awstest/dynamodb internal/awstest/events internal/awstest/iam " +
		"internal/awstest/lambda internal/awstest/logs internal/awstest/route53 " +
		"internal/awstest/s3 internal/awstest/sns " +
		"internal/awstest/vault internal/awstest/wire internal/sigv4",
	"internal/awstest/events": "internal/awstest/account internal/awstest/lambda " +
		"internal/awstest/wire",
	"internal/awstest/sns": "internal/awstest/account internal/awstest/lambda " +
		"internal/awstest/wire",
	"internal/awstest/account": "",
	"internal/awstest/acm":     "internal/awstest/account internal/awstest/wire",
	"internal/awstest/route53": "internal/awstest/account internal/awstest/wire",
	"internal/awstest/apigateway": "internal/awstest/account internal/awstest/lambda " +
		"internal/awstest/wire",
	"internal/awstest/dynamodb": "internal/awstest/account internal/awstest/wire " +
		"internal/dynamodb",
	"internal/awstest/iam": "internal/awstest/account internal/awstest/wire",
	"internal/awstest/lambda": "internal/awstest/account internal/awstest/iam " +
		"internal/awstest/wire",
	"internal/awstest/logs":                     "internal/awstest/account internal/awstest/wire",
	"internal/awstest/s3":                       "internal/awstest/account",
	"internal/awstest/vault":                    "internal/awstest/account internal/awstest/wire",
	"internal/awstest/wire":                     "internal/awstest/internal/models",
	"internal/awstest/internal/models":          "",
	"internal/awstest/internal/models/generate": "internal/awstest/internal/models",
	"internal/natsd": "internal/filelock internal/natsnodes " +
		"internal/scratch",
	"internal/natsnodes": "internal/hosts",
	"internal/natsurl":   "internal/hosts",
	"tygtest": "tyg apigw internal/authorize internal/groups internal/route internal/values " +
		"tygtest/internal/grouptest tygtest/internal/hosttest tygtest/internal/sendertest " +
		"tygtest/internal/suite",
	"tygtest/internal/grouptest":  "tyg tygtest/internal/suite",
	"tygtest/internal/hosttest":   "tyg apigw tygtest/internal/suite",
	"tygtest/internal/sendertest": "tyg tygtest/internal/suite",
	"tygtest/internal/suite":      "tyg",
	"internal/authorize":          "tyg apigw",
	"jwtauth":                     "tyg",
	"internal/browsertest":        "tyg host internal/ws internal/wsclient",
	"internal/certfile":           "",
	"internal/clocktest":          "",
	"internal/holdtest":           "",
	"internal/leaktest":           "",
	"internal/connid":             "tyg",
	"internal/dualport":           "",
	"internal/groups":             "tyg",
	"internal/hostapi":            "tyg apigw",
	"internal/values":             "tyg",
	"internal/partition":          "",
	"internal/otherapi":           "",
	"internal/home":               "internal/hosts",
	"internal/hosts":              "",
	"internal/memory":             "",
	"internal/pages":              "internal/home internal/otherapi",
	"internal/inspect": "tyg apigw gateway internal/hosts internal/inspect/recording " +
		"internal/pages internal/ws internal/wsclient",
	"internal/inspect/recording": "",
	"internal/profileflag":       "gateway",
	"internal/logqueue":          "",
	"internal/lograte":           "",
	"internal/reqbody":           "",
	"internal/route":             "",
	"internal/sigv4":             "internal/hosts",
	"internal/stopsignal":        "",
	"internal/filelock":          "",
	"internal/scratch":           "internal/filelock",
	"internal/redact":            "",
	"internal/release":           "",
	"internal/sock":              "",
	"internal/paralleltest":      "",
	"internal/sampletest":        "",
	"internal/testprogram":       "internal/sampletest",
	"internal/selftest":          "",
	"internal/tftest":            "internal/awstest",
	"internal/ws":                "",
	"internal/visible":           "",
	"internal/wsclient":          "internal/redact internal/ws",
	"internal/wstest":            "tyg apigw internal/ws internal/wsclient tygtest",
	"examples":                   "",
	"examples/counter":           "tyg host",
	"examples/echo":              "tyg host",
	"examples/hello":             "tyg host",
	"examples/notices":           "tyg host trigger",
	"examples/presence":          "tyg host",
	"examples/chat": "tyg examples/chat/chatlib examples/chat/page host rooms " +
		"rooms/storage",
	"examples/chat/chatlib": "tyg rooms",
	"examples/chat/page":    "",
	"internal/conformance": "internal/conformance/cases internal/conformance/harness " +
		"internal/visible",
	"internal/conformance/cases": "internal/conformance/harness internal/sigv4 internal/ws " +
		"internal/wsclient",
	"internal/conformance/harness": "internal/redact internal/sigv4 internal/ws " +
		"internal/wsclient",
	"examples/probe":          "tyg examples/probe/probelib host",
	"examples/probe/probelib": "tyg apigw",
	"test/attack":             "internal/ws internal/wsclient test/internal/victim",
	"test/cluster":            "internal/ws internal/wsclient test/cluster/record",
	"test/cluster/node":       "tyg cluster gateway test/cluster/record",
	"test/cluster/record":     "tyg",
	"test/fuzz":               "internal/stopsignal",
	"test/soak": "internal/stopsignal internal/ws internal/wsclient " +
		"test/internal/victim",
	"test/internal/victim":    "tyg gateway internal/functions lambda",
	"internal/admin":          "tyg gateway internal/hosts internal/ledgerfile",
	"internal/clustermetrics": "cluster internal/admin",
	"cmd/internal/bill":       "internal/inspect/recording",
	"cmd/tyg": "cmd/internal/bench cmd/internal/bill cmd/internal/buildinfo cmd/internal/cli " +
		"cmd/internal/clustercmd cmd/internal/companion cmd/internal/connect " +
		"cmd/internal/connect/script cmd/internal/doctor cmd/internal/gobuild " +
		"cmd/internal/local cmd/internal/newproject " +
		"cmd/internal/probeserver cmd/internal/project cmd/internal/replay cmd/internal/selfhost " +
		"cmd/internal/stagecmd cmd/internal/template cmd/internal/terminal " +
		"cmd/internal/value examples internal/functions/runtimes " +
		"cmd/internal/inforce cmd/internal/mention cmd/internal/reference cmd/internal/strict " +
		"internal/triggerevent apigw gateway host lambda " +
		"internal/conformance internal/natsnodes internal/profileflag internal/redact " +
		"internal/visible internal/ws internal/wsclient",
	"cmd/tyg-aws": "tyg apigw cmd/internal/awsconfig cmd/internal/awskeys " +
		"cmd/internal/backend cmd/internal/cli " +
		"cmd/internal/companion cmd/internal/gobuild cmd/internal/mention cmd/internal/project " +
		"cmd/internal/stagecmd cmd/internal/strict cmd/internal/terminal " +
		"internal/triggerevent cmd/tyg-aws/internal/application cmd/tyg-aws/internal/chalice " +
		"cmd/tyg-aws/internal/packages " +
		"internal/deploy internal/deploy/template internal/deploy/template/cfn " +
		"internal/deploy/template/tf internal/functions internal/scratch " +
		"internal/visible lambda",
	"cmd/tyg-aws/internal/application": "tyg apigw cmd/internal/project cmd/internal/strict " +
		"internal/deploy",
	"cmd/tyg-aws/internal/chalice":  "cmd/internal/project internal/deploy/plan",
	"cmd/tyg-aws/internal/packages": "cmd/internal/project internal/deploy/spec",
	"cmd/tyg-cluster": "cluster cmd/internal/cli cmd/internal/clustercmd cmd/internal/companion " +
		"cmd/internal/selfhost internal/admin internal/clustermetrics internal/natsd " +
		"internal/visible rooms/natskv",
	"cmd/tyg-nats": "cmd/internal/companion internal/natsd internal/natsnodes " +
		"internal/visible",
	"cmd/internal/awsconfig": "lambda",
	"cmd/internal/awskeys":   "cmd/internal/companion lambda",
	"cmd/internal/backend": "tyg cmd/internal/awskeys cmd/internal/strict " +
		"cmd/internal/value host internal/functions internal/pages internal/redact lambda",
	"cmd/internal/buildinfo": "",
	"cmd/internal/cli": "cmd/internal/buildinfo cmd/internal/strict cmd/internal/value " +
		"internal/stopsignal internal/visible",
	"cmd/internal/handlerswitch": "tyg apigw internal/authorize internal/route",
	"cmd/internal/clustercmd":    "cmd/internal/cli cmd/internal/project internal/redact",
	"cmd/internal/gobuild":       "",
	"cmd/internal/local": "tyg cmd/internal/backend cmd/internal/companion " +
		"cmd/internal/esbuild cmd/internal/gobuild cmd/internal/handlerswitch cmd/internal/project " +
		"cmd/internal/schedule internal/triggerevent " +
		"cmd/internal/watch cmd/internal/webserver gateway internal/certfile internal/dualport " +
		"internal/dynamodb internal/functions internal/functions/invokeapi " +
		"internal/functions/outbound internal/functions/runtimes internal/home internal/hosts " +
		"internal/inspect internal/inspect/recording internal/logqueue internal/pages " +
		"internal/scratch internal/sigv4 internal/stopsignal internal/visible",
	"cmd/internal/selfhost": "tyg cmd/internal/backend cmd/internal/buildinfo " +
		"cmd/internal/companion cmd/internal/project cmd/internal/strict cmd/internal/value " +
		"cmd/internal/webserver gateway internal/admin internal/certfile " +
		"internal/dualport internal/functions internal/functions/invokeapi " +
		"internal/functions/outbound internal/functions/runtimes internal/home internal/hosts " +
		"internal/inspect internal/ledgerfile internal/logqueue internal/natsnodes " +
		"internal/pages internal/profileflag internal/stopsignal internal/visible",
	"cmd/internal/replay": "internal/inspect/recording internal/visible internal/ws " +
		"internal/wsclient",
	"cmd/internal/bench": "internal/visible internal/ws internal/wsclient",
	"cmd/internal/doctor": "cmd/internal/awskeys cmd/internal/project cmd/internal/selfhost " +
		"cmd/internal/template internal/natsurl internal/redact internal/sigv4",
	"cmd/internal/connect/closehint": "internal/ws",
	"cmd/internal/connect/script":    "cmd/internal/connect/closehint internal/visible internal/ws",
	"cmd/internal/connect": "apigw cmd/internal/buildinfo cmd/internal/cli " +
		"cmd/internal/connect/closehint cmd/internal/connect/script cmd/internal/terminal " +
		"internal/functions/outbound internal/redact internal/visible internal/ws " +
		"internal/wsclient",
	"cmd/internal/probeserver": "tyg examples/probe/probelib host internal/conformance",
	"cmd/internal/cmdtest":     "internal/paralleltest internal/testprogram",
	"cmd/internal/companion":   "cmd/internal/buildinfo internal/filelock internal/scratch",
	"cmd/internal/stagecmd": "cmd/internal/cli cmd/internal/project internal/triggerevent " +
		"cmd/internal/value " +
		"internal/redact",
	"cmd/internal/terminal": "",
	"cmd/internal/newproject": "cmd/internal/buildinfo cmd/internal/cli " +
		"cmd/internal/project examples internal/scratch",
	"cmd/internal/project": "tyg cmd/internal/backend cmd/internal/strict " +
		"cmd/internal/value gateway internal/natsnodes",
	"cmd/internal/inforce":           "cmd/internal/project cmd/internal/value internal/redact",
	"cmd/internal/mention":           "cmd/internal/cli cmd/internal/template",
	"cmd/internal/reference":         "cmd/internal/project cmd/internal/value",
	"cmd/internal/strict":            "cmd/internal/value internal/redact",
	"cmd/internal/strict/stricttest": "",
	"cmd/internal/template":          "cmd/internal/backend cmd/internal/esbuild cmd/internal/project",
	"cmd/internal/esbuild":           "",
	"cmd/internal/schedule":          "",
	"internal/triggerevent":          "",
	"cmd/internal/value":             "",
	"cmd/internal/watch":             "",
	"cmd/internal/webserver":         "",
}

// standardOnly are the packages that compile nothing but the standard library and each other. The
// example shows that an application does not either, on this machine and inside Lambda.
var standardOnly = []string{
	"", "apigw", "gateway", "host", "internal/functions", "internal/functions/invokeapi",
	"internal/grouptable", "internal/ws", "lambda", "rooms", "rooms/storage", "trigger", "tygtest",
	"examples/echo",
}

// TestSiblingsMeetOnlyWhereTheyMay keeps rules 1 and 2 of docs/architecture.md.
func TestSiblingsMeetOnlyWhereTheyMay(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range listPackages(t, "tyg.nats,tyg.dynamo") {
		name, ok := inModule(p.ImportPath)
		if !ok || len(p.Imports) == 0 && p.Deps == nil {
			continue
		}
		seen[name] = true
		list, ok := allowed[cmp.Or(name, "tyg")]
		may := strings.Fields(list)
		if !ok {
			t.Errorf("package %q has no entry in the table of allowed imports; add one", name)
			continue
		}
		for _, imp := range p.Imports {
			if other, ok := inModule(imp); ok && !slices.Contains(may, cmp.Or(other, "tyg")) {
				t.Errorf("package %q imports %q: siblings meet only in host, cmd/tyg and mains", name, other)
			}
		}
	}
	for name := range allowed {
		if name != "tyg" && !seen[name] {
			t.Errorf("the table of allowed imports names %q, which is no package", name)
		}
	}
}

// TestStandardLibraryOnly keeps rule 1: a program that imports only these compiles neither the AWS
// SDK nor NATS, also in the build of "tyg local".
func TestStandardLibraryOnly(t *testing.T) {
	for _, tags := range []string{"", "tyg.lambda", "tyg.nats,tyg.local"} {
		all := make(map[string]pkg)
		for _, p := range listPackages(t, tags, standardOnly...) {
			all[p.ImportPath] = p
		}
		for _, name := range standardOnly {
			if name != "rooms/storage" || tags == "" { // with a tag, it opens a store
				checkStandardOnly(t, all, name)
			}
		}
	}
}

func checkStandardOnly(t *testing.T, all map[string]pkg, name string) {
	t.Helper()
	p, ok := all[path(name)]
	if !ok {
		t.Errorf("package %q is gone; take it off the list", name)
	}
	for _, dep := range p.Deps {
		if _, ours := inModule(dep); !ours && !all[dep].Standard {
			t.Errorf("package %q depends on %s, which is not in the standard library", name, dep)
		}
	}
}

// TestChatCompilesItsTextOnly keeps the first command of the README quick: what the chat compiles
// beside the standard library is Unicode's tables for nicknames.
func TestChatCompilesItsTextOnly(t *testing.T) {
	all := make(map[string]pkg)
	for _, p := range listPackages(t, "", "examples/chat") {
		all[p.ImportPath] = p
	}
	for _, dep := range all[path("examples/chat")].Deps {
		_, ours := inModule(dep)
		if !ours && !all[dep].Standard && !strings.HasPrefix(dep, "golang.org/x/text/") {
			t.Errorf("examples/chat compiles %s", dep)
		}
	}
}

// shared are the modules that have more than one importer, and the importers. Of DynamoDB,
// rooms/dynamo uses the items and internal/deploy/table the tables. AWS's own clients test the
// stand-in for AWS and what calls it; aws-lambda-go calls our Runtime API, runs our Host, and is in
// a guide.
var shared = map[string]string{
	// The programs below cmd share their verbs and flags.
	"code github.com/spf13/cobra": "cmd/internal/cli cmd/internal/clustercmd " +
		"cmd/internal/mention cmd/internal/stagecmd cmd/tyg cmd/tyg-aws cmd/tyg-cluster",
	"code github.com/spf13/pflag":           "cmd/internal/cli cmd/tyg",
	"tests github.com/spf13/cobra":          "cmd/internal/cli cmd/tyg",
	"code golang.org/x/term":                "cmd/internal/terminal cmd/tyg",
	"tests github.com/rogpeppe/go-internal": "cmd/tyg cmd/tyg-aws",
	"tests github.com/creack/pty":           "cmd/tyg cmd/tyg-aws",
	// The cluster, and the stores on NATS.
	"code github.com/nats-io/nats.go":    "cluster rooms/natskv",
	"tests github.com/nats-io/nats.go":   "cluster examples/chattest rooms/natskv",
	"code " + sdk + "dynamodb":           "internal/deploy/table rooms/dynamo",
	"tests github.com/aws/aws-lambda-go": "docs internal/functions lambda trigger",
	"tests " + sdk + "apigatewayv2":      "internal/awstest internal/deploy internal/deploy/api",
	"tests " + sdk + "cloudwatchlogs":    "internal/awstest internal/deploy",
	"tests " + sdk + "dynamodb": "internal/awstest internal/deploy " +
		"internal/deploy/table internal/dynamodb rooms/dynamo",
	"tests " + sdk + "iam": "internal/awstest internal/deploy",
	"tests " + sdk + "lambda": "internal/awstest internal/deploy " +
		"internal/deploy/function internal/functions/invokeapi",
}

const sdk = "github.com/aws/aws-sdk-go-v2/service/"

// TestTygLinksNoClientOfAWS keeps "go build ./cmd/tyg" small: AWS's SDK and the NATS server took
// more than half of its time, and most users run neither. They are in its companions.
func TestTygLinksNoClientOfAWS(t *testing.T) {
	for _, p := range listPackages(t, "", "cmd/tyg") {
		if p.ImportPath != path("cmd/tyg") {
			continue
		}
		for _, dep := range p.Deps {
			if strings.HasPrefix(dep, "github.com/aws/") ||
				strings.HasPrefix(dep, "github.com/nats-io/") || dep == path("internal/deploy") {
				t.Errorf("cmd/tyg links %s; use it in tyg-aws, tyg-cluster or tyg-nats", dep)
			}
		}
		return
	}
	t.Error("there is no cmd/tyg")
}

// TestEachModuleHasOneImporter keeps rule 3: a third-party module is imported by one folder. For
// tests the same holds, counted apart.
func TestEachModuleHasOneImporter(t *testing.T) {
	std := make(map[string]bool)
	code, tests := make(map[string][]string), make(map[string][]string)
	packages := listPackages(t, "tyg.nats,tyg.dynamo")
	for _, p := range packages {
		std[p.ImportPath] = p.Standard
	}
	for _, p := range packages {
		if name, ok := inModule(p.ImportPath); ok {
			importers(code, name, p.Imports, std)
			importers(tests, name, slices.Concat(p.TestImports, p.XTestImports), std)
		}
	}
	for kind, m := range map[string]map[string][]string{"code": code, "tests": tests} {
		for dep, by := range m {
			if slices.Sort(by); len(by) > 1 && !slices.Equal(by, strings.Fields(shared[kind+" "+dep])) {
				t.Errorf("%s is imported by %q; let one folder import it and the others ask that one", dep, by)
			}
		}
	}
}

func importers(to map[string][]string, name string, imports []string, std map[string]bool) {
	for _, imp := range imports {
		first, _, _ := strings.Cut(imp, "/")
		if _, ours := inModule(imp); ours || std[imp] || !strings.Contains(first, ".") {
			continue
		}
		key := moduleOf(imp)
		if key != "" && !slices.Contains(to[key], name) {
			to[key] = append(to[key], name)
		}
	}
}

// moduleOf cuts an import path to its module, near enough: host, owner and name. The AWS SDK is
// many modules: of its services each counts, and its core, which all of them need, does not.
func moduleOf(imp string) string {
	if service, ok := strings.CutPrefix(imp, sdk); ok {
		name, _, _ := strings.Cut(service, "/")
		return sdk + name
	}
	if strings.HasPrefix(imp, strings.TrimSuffix(sdk, "service/")) {
		return ""
	}
	parts := strings.Split(imp, "/")
	return strings.Join(parts[:min(3, len(parts))], "/")
}

func path(name string) string { return strings.TrimSuffix(module+"/"+name, "/") }

func inModule(imp string) (name string, ok bool) {
	if imp == module {
		return "", true
	}
	return strings.CutPrefix(imp, module+"/")
}

// listed keeps what the go command lists of the whole module, for which it needs seconds.
var listed sync.Map

// listPackages lists packages of this module, by default all, and those that they compile with
// these tags.
func listPackages(t *testing.T, tags string, names ...string) []pkg {
	t.Helper()
	if len(names) > 0 {
		return runGoList(t, tags, names)
	}
	if all, ok := listed.Load(tags); ok {
		return all.([]pkg)
	}
	all := runGoList(t, tags, []string{"..."})
	listed.Store(tags, all)
	return all
}

func runGoList(t *testing.T, tags string, names []string) []pkg {
	t.Helper()
	const fields = "-json=ImportPath,Standard,Imports,TestImports,XTestImports,Deps"
	args := []string{"list", "-deps", "-tags", tags, fields}
	for _, name := range names {
		args = append(args, "./"+name)
	}
	out, err := exec.CommandContext(t.Context(), "go", args...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
