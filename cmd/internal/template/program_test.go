package template_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
)

// compiler stands in for the package typescript: the types of these tests are lines and ": Config".
const compiler = `
exports.ModuleKind = { CommonJS: 1 };
exports.ScriptTarget = { ES2020: 7 };
exports.transpileModule = (text) => ({ outputText: text.replace(/^type .*$/gm, "")
  .replace(/: Config/g, "")
  .replace(/^import (\w+) from (.*);$/gm, "const $1 = require($2).default;")
  .replace(/^export default/gm, "exports.default =") });
`

// writeProject writes files of a project, by their names.
func writeProject(t *testing.T, files map[string]string) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skipf("programs were not run: %v", err)
	}
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const configuration = `{ provider: { name: "aws", stage: "${opt:stage, 'dev'}" },
  functions: { say: { handler: "src/app.say", events: [{ websocket: "$default" }] } } }`

// TestProgramsServerless reads a configuration that is a program, in each form that Node.js has.
func TestProgramsServerless(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"CommonJS": {"serverless.js": "module.exports = " + configuration},
		"function": {"serverless.js": "module.exports = async () => (" + configuration + ")"},
		"module":   {"serverless.mjs": "export default " + configuration},
		"type module": {
			"serverless.js": "export default " + configuration, "package.json": `{"type": "module"}`,
		},
		"TypeScript": {
			"serverless.ts": `type Config = unknown;
import say from "@lib/say";
import also from "./lib/also.js";
const c: Config = ` + strings.Replace(configuration, "{ say: {", "{ say, also, old: {", 1) + `;
module.exports = c;`,
			"tsconfig.json": `{ // as tsc reads it
  "extends": "./tsconfig.paths", }`,
			"tsconfig.paths.json": `{"compilerOptions": {"baseUrl": ".", "paths": {"@lib/*": ["lib/*"]}}}`,
			"lib/say/index.ts": "type X = 1;\nexport default { handler: " +
				"`${__dirname.slice(process.cwd().length + 1)}/app.say`, " +
				"events: [{ websocket: '$default' }] };",
			"lib/also.ts":                      "export default { handler: 'src/app.also' };",
			"node_modules/typescript/index.js": compiler,
		},
	} {
		dir := writeProject(t, files)
		r, err := template.Read(template.Find(dir, ""), template.Options{Stage: "live"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := map[bool]string{true: "lib/say/app.say", false: "src/app.say"}[name == "TypeScript"]
		if got := r.Config.Functions["say"].Handler; r.Config.APIGatewayStage != "live" || got != want {
			t.Errorf("%s: stage %s, handler %s", name, r.Config.APIGatewayStage, got)
		}
	}
}

// TestProgramsIncluded reads ${file(…)} of programs: objects, functions, promises and keys of them.
func TestProgramsIncluded(t *testing.T) {
	t.Parallel()
	dir := writeProject(t, map[string]string{
		"serverless.yml": `
provider:
  name: aws
  environment:
    A: ${file(./a.js):text}
    B: ${file(a.js):made.deep}
    C: ${file(b.cjs)}
    D: ${file(a.js):nothing, 'none'}
    E: ${file(a.py):x}
functions:
  say: {handler: src/app.say, events: [{websocket: $default}]}
`,
		"a.js": `exports.text = "1"; exports.made = async ({ options }) => ({ deep: options.stage });`,
		"b.cjs": `console.log("said");
module.exports = ({ resolveVariable }) => resolveVariable("sls:stage")`,
		"a.py": "",
	})
	r, err := template.Read(filepath.Join(dir, "serverless.yml"), template.Options{Stage: "live"})
	if err != nil {
		t.Fatal(err)
	}
	env := r.Config.Functions["say"].Environment.Plain()
	got := strings.Join([]string{env["A"], env["B"], env["C"], env["D"]}, " ")
	if notes := strings.Join(r.Notes, "\n"); got != "1 live live none" ||
		!strings.Contains(notes, "misses E") || !strings.Contains(notes, "tyg reads YAML, JSON") {
		t.Errorf("the variables are %q, notes %q", got, notes)
	}
}

// TestProgramsThatFail says where a program failed, and what to do.
func TestProgramsThatFail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"serverless.js", "throw new Error('no luck')", "no luck"},
		{"serverless.js", "require('left-pad')", "install what it imports: npm install"},
		{"serverless.ts", "const x: number = 1", "npm install --save-dev typescript"},
		{"serverless.js", "module.exports = 1", `it has neither "Resources"`},
	} {
		dir := writeProject(t, map[string]string{tt.name: tt.text})
		path := filepath.Join(dir, tt.name)
		_, err := template.Read(path, template.Options{})
		if tt.name == "serverless.ts" && err != nil && !strings.Contains(err.Error(), tt.want) {
			if _, found := exec.LookPath("esbuild"); found == nil {
				continue // it has compiled the file
			}
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) ||
			!strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: %v, want %s", tt.text, err, tt.want)
		}
	}
}
