package visible_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// own are the calls that print text without package visible, by file and argument, and why that
// text is not from outside.
var own = map[string]string{
	"cmd/internal/bench/result.go b.String()":              "its texts are quoted",
	"cmd/internal/bench/result.go bar.count":               "a number",
	"cmd/internal/bench/result.go l.Max":                   "a number",
	"cmd/internal/bench/result.go l.Min":                   "a number",
	"cmd/internal/bench/result.go l.P50":                   "a number",
	"cmd/internal/bench/result.go l.P90":                   "a number",
	"cmd/internal/bench/result.go l.P99":                   "a number",
	"cmd/internal/bench/result.go l.P999":                  "a number",
	"cmd/internal/bench/svg.go b.String()":                 "a picture of numbers",
	"cmd/internal/bench/svg.go bottom":                     "a number",
	"cmd/internal/bench/svg.go right":                      "a number",
	"cmd/internal/bench/svg.go svgHeight":                  "a number",
	"cmd/internal/bench/svg.go svgWidth":                   "a number",
	"cmd/internal/bench/svg.go x":                          "a number",
	"cmd/internal/bench/svg.go y":                          "a number",
	"cmd/internal/cli/exit.go args":                        "its callers have quoted it",
	"cmd/internal/cli/exit.go format":                      "its callers have quoted it",
	"cmd/internal/cli/exit.go see":                         "a constant",
	"cmd/internal/cli/exit.go usage.path":                  "the name of a verb",
	"cmd/internal/companion/build.go name":                 "tyg-aws or tyg-nats",
	"cmd/internal/companion/build.go what":                 "the version of tyg",
	"cmd/internal/companion/companion.go f.Checkout":       "a folder that the user works in",
	"cmd/internal/companion/companion.go path":             "the path of a program beside tyg",
	"cmd/internal/companion/lock.go name":                  "tyg-aws or tyg-nats",
	"cmd/internal/connect/view.go b.String()":              "its parts are quoted",
	"cmd/internal/connect/view.go closeText(code, reason)": "it quotes the reason",

	"cmd/internal/connect/view.go brackets(closehint.OfServer(code, v.reconnects))": "a constant",

	"cmd/internal/connect/view.go prompt":                  "a constant",
	"cmd/internal/connect/view.go text":                    "message and print have it quoted",
	"cmd/internal/connect/view.go v.time()":                "a time",
	"cmd/internal/local/inprocess.go text":                 "visible.Block made it",
	"cmd/internal/esbuild/esbuild.go Version":              "a constant",
	"cmd/internal/local/printer.go e":                      "its text is quoted, its JSON by print",
	"cmd/internal/local/printer.go e.Conn.ID":              "the gateway made it",
	"cmd/internal/local/printer.go end":                    "a constant and a status",
	"cmd/internal/local/printer.go l.Function":             "a function of the project",
	"cmd/internal/local/printer.go route":                  "a route of the project",
	"cmd/internal/local/printer.go text":                   "print has it quoted, or it is of routes",
	"cmd/internal/local/watch.go data":                     "it goes to a hash",
	"cmd/internal/replay/report.go b.String()":             "its parts are quoted",
	"cmd/internal/replay/report.go w":                      "it is what is written to",
	"cmd/internal/selfhost/inspector.go inspectPath":       "a constant",
	"cmd/internal/selfhost/run.go g.routes()":              "routes of the configuration",
	"cmd/internal/selfhost/run.go g.served(url)":           "its name is quoted",
	"cmd/internal/selfhost/run.go l.Addr()":                "an address of a listener",
	"cmd/internal/selfhost/run.go p":                       "limits of the configuration",
	"cmd/internal/selfhost/run.go what":                    "a key of the configuration",
	"cmd/internal/terminal/history.go line":                "a file of lines that the user typed",
	"cmd/tyg-aws/invoke.go append(result, '\\n')":          "call has it quoted",
	"cmd/tyg-aws/logview.go strings.Join(parts, \" \")":    "print quotes the message in it",
	"cmd/tyg-aws/plan.go c.Property":                       "a constant of a kind of resource",
	"cmd/tyg-aws/url.go s.URL()":                           "of an id that AWS made, and of flags",
	"cmd/tyg-cluster/status.go up":                         "a time",
	"cmd/tyg-nats/main.go usage":                           "a constant",
	"cmd/internal/bench/svg.go percent":                    "a number",
	"cmd/internal/local/printer.go name":                   "a trigger of the project",
	"cmd/tyg-aws/credentials.go e.Stdout":                  "it is what is written to",
	"cmd/tyg-aws/delete.go at.ID":                          "AWS made it",
	"cmd/tyg-aws/delete.go at.Region":                      "a region that AWS has answered for",
	"cmd/tyg-aws/import.go c.Type":                         "a constant",
	"cmd/tyg-aws/import.go chalice.Path":                   "a constant",
	"cmd/tyg-aws/import.go project.ConfigPath":             "a constant",
	"cmd/tyg/bill.go b.Total":                              "a number",
	"cmd/tyg/bill.go bill.Number(line.Amount)":             "a number",
	"cmd/tyg/bill.go bill.Table()":                         "the table of the program",
	"cmd/tyg/bill.go line.Price":                           "a number",
	"host/admin.go l.Addr()":                               "an address of a listener",
	"host/host.go cfg.Name":                                "the program's own, or of its operator",
	"host/host.go strings.Join(names, \", \")":             "triggers of the program",
	"cmd/tyg/bench.go progressText(p)":                     "numbers",
	"cmd/tyg/bench.go picture":                             "it is what is written to",
	"cmd/tyg/bench.go res":                                 "printed as JSON",
	"cmd/tyg/config.go data":                               "tables of the program",
	"cmd/tyg/conformance.go report":                        "package conformance quotes it",
	"cmd/tyg/doctor.go findingText(f, colour)":             "it quotes what was found",
	"cmd/tyg/gateway.go selfhost.Example":                  "a constant",
	"cmd/tyg/inprocess.go project.ConfigPath":              "a constant",
	"cmd/tyg/man.go literal(cmd.Example)":                  "the man page",
	"cmd/tyg/man.go manual(cmd.Root())":                    "the man page",
	"cmd/tyg/man.go roff(cmd.UseLine())":                   "the man page",
	"cmd/tyg/newproject.go install":                        "a constant",
	"cmd/tyg/newproject.go p.Directory":                    "an argument of the user",
	"cmd/tyg/newproject.go p.Name":                         "it has letters, digits, - and _ only",
	"cmd/tyg/record.go r.output":                           "an argument of the user",
	"cmd/tyg/record.go rest[:end]":                         "it goes to a file, as JSON",
	"cmd/tyg/version.go v":                                 "the version of tyg",
	"cmd/tyg-aws/releases.go codeOf(release)":              "hexadecimal digits, or a constant",
	"cmd/tyg-aws/releases.go events":                       "a constant, or a percentage",
	"cmd/tyg-aws/rollback.go text":                         "its commit is quoted",
	"cmd/tyg-aws/rollback.go verb":                         "a constant",
	"host/describe.go line":                                "JSON for tyg",
	"host/host.go address(l.Addr(), cfg)":                  "an address of a listener",
	"host/host.go cfg.Profile":                             "limits of the configuration",
	"host/host.go help.Text":                               "of flags",
	"host/host.go pageAddress(l.Addr(), cfg)":              "an address of a listener",
	"host/inspector.go i.fragment(cfg)":                    "a token that the program made",
	"host/inspector.go i.page()":                           "an address of a listener",
	"internal/conformance/harness/handshake.go r.String()": "it goes to the endpoint",
	"internal/conformance/markdown.go b.String()":          "its cells are quoted",
	"internal/conformance/markdown.go cell(result.Detail)": "cell quotes it",
	"internal/conformance/markdown.go cell(result.Title)":  "it is a constant",
	"internal/conformance/markdown.go outcome":             "cell quotes the detail in it",
	"internal/conformance/markdown.go result.ID":           "a constant",
	"internal/conformance/markdown.go s.Key":               "a constant",
	"internal/conformance/markdown.go s.Source":            "a constant",
	"internal/conformance/markdown.go s.Title":             "a constant",
	"internal/conformance/render.go r.summary()":           "numbers",
	"internal/conformance/render.go result.ID":             "a constant",
	"internal/conformance/render.go result.Outcome":        "a constant",
	"internal/conformance/render.go result.Section":        "a constant",
	"internal/conformance/render.go result.Title":          "a constant",
	"internal/conformance/render.go source(result.Case)":   "a constant",

	"cmd/tyg/invokelocal.go append(visible.JSON(reply), '\\n')": "it is quoted",

	"cmd/tyg-aws/releases.go release.Published.Format(\"2006-01-02 15:04:05\")": "digits",

	"cmd/internal/bench/result.go strings.Repeat(\"█\", bar.length)": "a bar",

	"internal/conformance/render.go strings.ToUpper(o.String())": "a constant",
}

// TestPrintedTextIsQuoted finds calls that print text in programs, and checks that the text is
// literal, a number, quoted by %q or by package visible, or one of own.
func TestPrintedTextIsQuoted(t *testing.T) {
	used := make(map[string]bool)
	for _, dir := range []string{"cmd", "host", "internal/conformance"} {
		root := filepath.Join("../..", dir)
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") ||
				strings.HasSuffix(path, "_test.go") {
				return err
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, 0)
			if err != nil {
				return err
			}
			name := filepath.ToSlash(strings.TrimPrefix(path, filepath.FromSlash("../../")))
			for _, arg := range printed(file) {
				key := name + " " + types.ExprString(arg)
				if used[key] = true; own[key] == "" {
					t.Errorf("%s: %s is printed as it is; quote it with visible.Line or visible.Block",
						fset.Position(arg.Pos()), types.ExprString(arg))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for key := range own {
		if !used[key] {
			t.Errorf("%s is not printed any more", key)
		}
	}
}

// printed returns the arguments of a file that it prints as they are. What goes to a buffer, whose
// address is passed, is printed later.
func printed(file *ast.File) (args []ast.Expr) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		rest := call.Args
		name := types.ExprString(call.Fun)
		method := name[strings.LastIndex(name, ".")+1:]
		switch {
		case name == "json.NewEncoder": // must write to a buffer, for visible.JSON
			if _, buffer := rest[0].(*ast.UnaryExpr); !buffer {
				args = append(args, rest[0])
			}
			return true
		case slices.Contains([]string{"fmt.Print", "fmt.Println", "fmt.Printf"}, name):
		case strings.HasPrefix(name, "fmt.Fprint"), name == "io.WriteString", name == "say":
			if _, buffer := rest[0].(*ast.UnaryExpr); buffer {
				return true
			}
			rest = rest[1:]
		case method == "print", method == "Write" && stream.MatchString(name):
			rest = slices.DeleteFunc(slices.Clone(rest), func(e ast.Expr) bool {
				_, entry := e.(*ast.CompositeLit) // it becomes JSON
				return entry || stream.MatchString(types.ExprString(e)+".")
			})
			if method == "print" && len(rest) == len(call.Args) {
				return true // of an event, by a method that is checked itself
			}
		default:
			return true
		}
		verbs := make([]string, len(rest))
		if strings.HasSuffix(name, "f") || name == "say" {
			verbs = append([]string{""}, verbsOf(rest[0])...)
		}
		for i, arg := range rest {
			text := types.ExprString(arg)
			number := i < len(verbs) && slices.Contains([]string{"%d", "%q", "%x"}, verbs[i]) ||
				strings.Contains(text, ".Round(") || text == "ms" || strings.HasPrefix(text, "time.Now()")
			if !number {
				args = append(args, unquoted(arg)...)
			}
		}
		return true
	})
	return args
}

// stream matches what begins with the name of a field for standard output or errors.
var stream = regexp.MustCompile(`\b(to|out|err|notices|warnings|Stdout|Stderr)\.`)

// verbsOf returns the verbs of a format, which is a literal or a sum of literals.
func verbsOf(format ast.Expr) []string {
	return regexp.MustCompile(`%[a-z]`).FindAllString(types.ExprString(format), -1)
}

// unquoted returns the parts of a sum that are neither literal nor quoted.
func unquoted(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.BasicLit:
		return nil
	case *ast.BinaryExpr:
		return append(unquoted(e.X), unquoted(e.Y)...)
	case *ast.ParenExpr:
		return unquoted(e.X)
	case *ast.CallExpr:
		if strings.HasPrefix(fmt.Sprint(types.ExprString(e.Fun)), "visible.") {
			return nil
		}
	}
	return []ast.Expr{e}
}
