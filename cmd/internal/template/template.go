// Package template reads the templates by which other tools deploy WebSocket APIs, and returns the
// configuration that they amount to: AWS SAM and CloudFormation, an assembly of the CDK, the
// Serverless Framework, a project of Chalice, and a plan or a state of Terraform.
package template

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// Options say in what surroundings a template is read.
type Options struct {
	Stage  string              // that the user has chosen; empty: the template chooses
	Region string              // empty: us-east-1
	Getenv func(string) string // nil: there are no variables

	// Dir is where a configuration of the SAM CLI may be that names the template, if none is beside
	// it.
	Dir string
}

// A Result is what a template amounts to.
type Result struct {
	Config project.Config // its directories are relative to Dir
	Dir    string         // absolute
	File   string         // absolute

	// Tables are the DynamoDB tables, in the order of the template.
	// With UsesTables the functions use others, which are described nowhere.
	Tables     []Table
	UsesTables bool

	// Inline is the code of functions that have it in the template, by their names.
	Inline map[string]string

	// Makes are the targets of make by which functions are built, by their names: the Makefile is in
	// the directory of the function, and writes into ARTIFACTS_DIR.
	Makes map[string]string

	// Places say where the functions are, by their names: the file and the line.
	Places map[string]string

	// Notes say what the template has and does not run here, one sentence each.
	Notes []string
}

// names are the files that Find looks for, and directories of a CDK assembly.
var names = [...]string{
	"template.yaml", "template.yml", "template.json", "serverless.yml", "serverless.yaml", "cdk.out",
	chalicePath,
	"serverless.json", "serverless.ts", "serverless.js", "serverless.mjs", "serverless.cjs",
}

// Find returns the path of the template in a directory, "" if it has none. That which a
// configuration of the SAM CLI names goes first; Read says what is wrong with one that is broken.
func Find(dir, stage string) string {
	if c, err := readSAMConfig(dir, stage); err == nil && c.Template != "" {
		if path := c.templateIn(dir); isFile(path) {
			return path
		}
	}
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// Read reads a template, or the assembly of the CDK in a directory. Of several WebSocket APIs it
// takes that whose name follows the path after a #. Its errors begin with the file and the line.
func Read(path string, o Options) (r Result, err error) {
	path, api := splitAPI(path)
	if path, err = inside(path); err != nil {
		return r, err
	}
	if r.File, err = filepath.Abs(path); err != nil {
		return r, fmt.Errorf("read template: %w", err)
	}
	r.Dir = filepath.Dir(r.File)
	if isProgram(path) {
		path = r.File // Node.js finds what it imports by the whole path
	}
	f, err := load(path, o)
	if err != nil {
		return r, err
	}
	b := &builder{options: o, api: api, result: &r}
	if member(f.root, "Resources") != nil {
		if b.sam, err = samConfigOf(r.File, o); err != nil {
			return r, err
		}
	}
	b.stack = newStack(f, pseudo(r.Dir, o, b.sam))
	r.Config.Functions = make(map[string]project.Function)
	r.Config.Routes = make(map[string]backend.Route)
	r.Places, r.Inline = make(map[string]string), make(map[string]string)
	r.Makes = make(map[string]string)
	switch {
	case api != "" && !isTerraform(f.root) && member(f.root, "Resources") == nil:
		err = f.errorf(f.root, "its only WebSocket API has no name; leave out #%s", api)
	case isChalice(r.File):
		err = b.chalice()
	case isTerraform(f.root):
		err = b.terraform()
	case member(f.root, "Resources") != nil:
		err = b.cloudFormation()
	case member(f.root, "functions") != nil && member(f.root, "provider") != nil:
		err = b.serverless()
	default:
		err = f.errorf(f.root, `it has neither "Resources", as CloudFormation and SAM have, nor `+
			`"provider" and "functions", as the Serverless Framework has, nor what terraform show -json `+
			`prints`)
	}
	if err != nil {
		return r, err
	}
	if len(r.Config.Routes) == 0 {
		return r, f.errorf(f.root, "it has no routes of a WebSocket API, which is what tyg serves")
	}
	b.note()
	return r, b.checkCode()
}

// load reads and parses a template. A configuration of the Serverless Framework may be a program.
func load(path string, o Options) (*file, error) {
	if isProgram(path) {
		f, err := runProgram(path, "", o)
		if err == nil {
			f.root = member(f.root, "value")
		}
		return f, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	f, err := parse(path, data)
	if err == nil && isAssembly(path) {
		err = importStacks(path, f.root)
	}
	return f, err
}

// inside returns the template in a directory: that of a project of Chalice, or of an assembly.
func inside(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return path, nil // reading it says what is wrong
	}
	for _, name := range []string{chalicePath, "config.json"} {
		file := filepath.Join(path, filepath.FromSlash(name))
		if _, err := os.Stat(file); err == nil && isChalice(file) {
			return file, nil
		}
	}
	return assembly(path)
}

// assembly returns the one template with a WebSocket API in a directory of the CDK.
func assembly(dir string) (string, error) {
	all, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
	if err != nil {
		return "", fmt.Errorf("read assembly: %w", err)
	}
	var found []string
	for _, path := range all {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read assembly: %w", err)
		}
		if strings.Contains(string(data), `"WEBSOCKET"`) {
			found = append(found, path)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%s has %d templates with a WebSocket API; run cdk synth, or name one "+
			"with --template", dir, len(found))
	}
	return found[0], nil
}

// apiID is the id of the API in events of "tyg local".
const apiID = "local"

// accountID is the account in ARNs.
const accountID = "000000000000"

// defaultRegion is the region where neither the environment nor a configuration names one.
const defaultRegion = "us-east-1"

func pseudo(dir string, o Options, c samConfig) map[string]string {
	region := cmp.Or(o.Region, c.Region, defaultRegion)
	return map[string]string{
		"AWS::Region": region, "AWS::AccountId": accountID,
		"AWS::StackName": cmp.Or(c.StackName, filepath.Base(dir)),
		"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::NoValue": "",
		"AWS::StackId": "arn:aws:cloudformation:" + region + ":" + accountID + ":stack/local",
	}
}

func newStack(f *file, pseudo map[string]string) *stack {
	return &stack{file: f, pseudo: pseudo, unknown: make(map[int]error)}
}

// A builder makes the Result of one template.
type builder struct {
	*stack
	options   Options
	sam       samConfig
	api       string // the WebSocket API that the user has chosen, "" if none
	result    *Result
	elsewhere map[string][]string // resources that are not run here, by type
	code      []codePath
	resolved  int // values whose variables were replaced
	includes  int // files that were included

	dotenv          map[string]string // variables of .env
	dotenvFunctions bool              // all functions get them
}

// A codePath is where the template says that code is.
type codePath struct {
	at   error // the error if it is missing
	path string
}

// getenv returns a variable: that of the surroundings goes before that of .env.
func (b *builder) getenv(name string) string {
	if b.options.Getenv != nil {
		if value := b.options.Getenv(name); value != "" {
			return value
		}
	}
	return b.dotenv[name]
}

// skip notes a resource that is not run here.
func (b *builder) skip(kind, id string) {
	if b.elsewhere == nil {
		b.elsewhere = make(map[string][]string)
	}
	b.elsewhere[kind] = append(b.elsewhere[kind], id)
}

// note adds the notes about what is not run here.
func (b *builder) note() {
	for _, name := range b.missed {
		b.result.Notes = append(b.result.Notes, fmt.Sprintf("parameter %s has no value; set it in the "+
			"environment: %[1]s=… tyg local", name))
	}
	for _, name := range slices.Sorted(maps.Keys(b.sam.Overrides)) {
		if _, ok := b.parameters[name]; !ok {
			b.result.Notes = append(b.result.Notes, fmt.Sprintf("%s sets %s, which is no parameter of %s",
				b.sam.name, name, filepath.Base(b.result.File)))
		}
	}
	kinds := make([]string, 0, len(b.elsewhere))
	for kind := range b.elsewhere {
		kinds = append(kinds, kind)
	}
	sort.Strings(kinds)
	for _, kind := range kinds {
		ids := b.elsewhere[kind]
		slices.Sort(ids)
		b.result.Notes = append(b.result.Notes, fmt.Sprintf("%s (%s) is not made here: calls go to "+
			"AWS, with your credentials", strings.Join(ids, ", "), kind))
	}
}

// checkCode reports code that is missing.
func (b *builder) checkCode() error {
	var errs []error
	for _, c := range b.code {
		if _, err := os.Stat(c.path); errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, c.at)
		}
	}
	return errors.Join(errs...)
}
