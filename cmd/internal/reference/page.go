package reference

import (
	"bytes"
	_ "embed" // for the template
	"strings"
	"text/template"

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// pageText is the template of the page. Tests of the pages check its words.
//
//go:embed page.tmpl
var pageText string

// A Command is a command and its flags.
type Command struct {
	Name  string // with "tyg", or what stands for a program
	Short string
	Flags []Flag
}

// A Flag is a flag of a command.
type Flag struct {
	Name     string // with dashes
	Value    string // what stands for its value; empty for a switch
	Says     string
	Default  string // empty: none
	Variable string // environment variable; empty: none
}

// A Variable is an environment variable that is no flag.
type Variable struct{ Name, For, Says string }

// Parts are what the page shows beside the keys of the configuration.
type Parts struct {
	Commands []Command // of tyg
	Program  Command   // that calls host.Run
	Example  string    // a configuration
}

// Page returns the page about configuration, in Markdown.
func Page(p Parts) ([]byte, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"cell": cell, "code": code, "value": valueCell, "place": place,
	}).Parse(pageText)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, struct {
		Parts
		Groups    []project.KeyGroup
		Variables []Variable
	}{p, project.Keys(), variables()})
	return b.Bytes(), err
}

// cell returns text for a cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// code returns text between backquotes, or nothing.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + cell(text) + "`"
}

// valueCell returns what a key may be.
func valueCell(k project.KeyDoc) string {
	text := k.Type
	if k.Unit != "" {
		text += ", " + k.Unit
	}
	if k.Range != "" {
		text += ": " + k.Range
	}
	return cell(text)
}

// place returns how a key is set in a command line and in the environment.
func place(k project.KeyDoc) string {
	var list []string
	if k.Flag != "" {
		list = append(list, "`--"+k.Flag+"`")
	}
	if k.Variable != "" {
		list = append(list, "`"+k.Variable+"`")
	}
	if k.Several {
		list = append(list, "also in `lambda_functions.{name}`")
	}
	return strings.Join(list, ", ")
}
