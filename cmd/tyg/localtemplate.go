package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/local"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/internal/template"
	"github.com/tyg-dev/tyg/examples"
	"github.com/tyg-dev/tyg/internal/functions/runtimes"
	"github.com/tyg-dev/tyg/internal/visible"
)

func (l *localRun) templateFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&l.template, "template", "",
		"run the functions of a SAM, CloudFormation, CDK, Serverless or Chalice `FILE`; FILE#API "+
			"chooses one of several WebSocket APIs")
	f.BoolVar(&l.printConfig, "print-config", false,
		"print the "+project.ConfigPath+" that the template amounts to, and exit")
}

// findTemplate makes the path of the template absolute, and looks for one in a directory that has
// neither a configuration nor a program of tyg. It prints the configuration if that is wanted.
func (l *localRun) findTemplate() error {
	switch {
	case l.template != "":
		path, err := filepath.Abs(l.template)
		if err != nil {
			return fmt.Errorf("find template: %w", err)
		}
		l.template = path
	case !l.inProcess && !exists(l.Dir, project.ConfigPath) && !usesTyg(l.Dir):
		l.template = template.Find(l.Dir, l.chosenStage())
		if l.template == "" && !exists(l.Dir, "go.mod") {
			if near := template.Near(l.Dir); near != "" {
				return errors.New(near)
			}
		}
	}
	if !l.printConfig {
		return nil
	}
	if l.template == "" {
		return errors.New("there is no template; name one with --template")
	}
	r, err := l.readTemplate()
	if err != nil {
		return err
	}
	for name := range r.Inline {
		return fmt.Errorf("%s: function %s has its code in the template; put it into a file first",
			r.Places[name], name)
	}
	text, err := configText(r.Config)
	if err != nil {
		return err
	}
	_, err = l.Stdout.Write(visible.JSON(text))
	return err
}

// usesTyg reports whether the Go module in a directory requires this one. Functions in Go for SAM
// are in a module that does not.
func usesTyg(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && strings.Contains(string(text), examples.Module)
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
	return !errors.Is(err, fs.ErrNotExist)
}

func (l *localRun) readTemplate() (template.Result, error) {
	o := template.Options{
		Region: cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")), Getenv: os.Getenv,
		Dir: l.Dir,
	}
	o.Stage = l.chosenStage()
	return template.Read(l.template, o)
}

// chosenStage returns the stage that the user has named, "" if the template chooses.
func (l *localRun) chosenStage() string {
	if l.stageSet {
		return l.stage
	}
	return ""
}

// planOfTemplate returns the plan of the template.
func (l *localRun) planOfTemplate() (local.Plan, error) {
	r, err := l.readTemplate()
	if err != nil {
		return local.Plan{}, err
	}
	c := r.Config
	c.Tables = nil // the template says more of them than a configuration can
	p, err := local.NewPlan(c, r.Dir, l.stage)
	if e, ok := errors.AsType[*local.FunctionError](err); ok {
		err = fmt.Errorf("%s: function %s%w", r.Places[e.Function], e.Function, e.Err)
		if errors.Is(err, runtimes.ErrUnsupported) {
			err = fmt.Errorf("%w\nTo give it one, run: mkdir -p .tyg && tyg local --print-config > %s\n"+
				"and put the command in place of its runtime and handler", err, project.ConfigPath)
		}
		return p, err
	}
	if err != nil {
		return p, fmt.Errorf("%s: %w", r.File, err)
	}
	p.Places = r.Places
	p.Dir, p.Notes, p.UsesTables = r.Dir, r.Notes, r.UsesTables
	for name, code := range r.Inline {
		if p.Builds == nil {
			p.Builds = make(map[string]local.Build)
		}
		// Lambda calls the file index.
		// (https://docs.aws.amazon.com/lambda/latest/dg/API_FunctionCode.html)
		file := "index.js"
		if strings.HasPrefix(r.Config.Functions[name].Runtime, "python") {
			file = "index.py"
		}
		p.Builds[name] = local.Build{Inline: code, Name: file}
	}
	addMakes(&p, r.Makes)
	for _, t := range r.Tables {
		p.Tables = append(p.Tables, local.Table(t))
	}
	return p, nil
}

// addMakes has functions built with make, but those in Go: a Makefile for them makes a program for
// Lambda, which need not run here.
func addMakes(p *local.Plan, targets map[string]string) {
	for _, fn := range p.Routes.Functions {
		target := targets[fn.Name]
		if target == "" || p.Builds[fn.Name].Go != "" {
			continue
		}
		if p.Builds == nil {
			p.Builds = make(map[string]local.Build)
		}
		p.Builds[fn.Name] = local.Build{Make: target, Entry: fn.Dir}
	}
}

// configText returns the text of a configuration, without the keys that say nothing.
func configText(c project.Config) ([]byte, error) {
	c.Version = "2.0"
	data, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("print configuration: %w", err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("print configuration: %w", err)
	}
	prune(all)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(all); err != nil {
		return nil, fmt.Errorf("print configuration: %w", err)
	}
	return b.Bytes(), nil
}

// prune removes what has its zero value.
func prune(m map[string]any) {
	for key, value := range m {
		switch v := value.(type) {
		case nil:
			delete(m, key)
		case map[string]any:
			prune(v)
			if len(v) == 0 {
				delete(m, key)
			}
		case string, bool, float64:
			if v == "" || v == "0s" || v == false || v == 0.0 {
				delete(m, key)
			}
		case []any:
			if len(v) == 0 {
				delete(m, key)
			}
		}
	}
}
