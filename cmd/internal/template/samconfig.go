package template

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v3"
)

// samFiles are the names of a configuration of the SAM CLI; the first that exists counts.
// (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html)
var samFiles = [...]string{"samconfig.toml", "samconfig.yaml", "samconfig.yml"}

// A samEnvironment is a table of a configuration: what commands of the SAM CLI are told.
type samEnvironment struct {
	Global samCommand `toml:"global" yaml:"global"`
	Deploy samCommand `toml:"deploy" yaml:"deploy"`
	Build  samCommand `toml:"build" yaml:"build"`
	Lambda samCommand `toml:"local_start_lambda" yaml:"local_start_lambda"`
	API    samCommand `toml:"local_start_api" yaml:"local_start_api"`
}

type samCommand struct {
	Parameters samParameters `toml:"parameters" yaml:"parameters"`
}

type samParameters struct {
	Region    string    `toml:"region" yaml:"region"`
	StackName string    `toml:"stack_name" yaml:"stack_name"`
	Template  string    `toml:"template_file" yaml:"template_file"`
	Short     string    `toml:"template" yaml:"template"`
	Overrides overrides `toml:"parameter_overrides" yaml:"parameter_overrides"`
}

// A samConfig is what a configuration says for tyg: the commands that run things here go before
// deploy, and each before global.
type samConfig struct {
	samParameters
	name string // of the file, "" if there is none
}

// readSAMConfig reads the configuration in a directory: the table of the stage, or, if there is
// none, default.
func readSAMConfig(dir, stage string) (c samConfig, err error) {
	for _, name := range samFiles {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return c, fmt.Errorf("read configuration of SAM: %w", err)
		}
		decode := decodeYAML
		if filepath.Ext(name) == ".toml" {
			decode = decodeTOML
		}
		e, err := decode(data, stage)
		if err != nil {
			return c, samError(path, err)
		}
		c = newSAMConfig(name, e)
		if c.Template == "" && stage != "" {
			all, err := readSAMConfig(dir, "")
			c.Template = all.Template
			return c, err
		}
		return c, nil
	}
	return c, nil
}

func newSAMConfig(name string, e samEnvironment) samConfig {
	c := samConfig{name: name}
	c.Overrides = make(overrides)
	for _, command := range []samCommand{e.Global, e.Deploy, e.Build, e.Lambda, e.API} {
		c.take(command.Parameters)
	}
	// What is deployed often is a template that sam build or sam package has written.
	for _, command := range []samCommand{e.Global, e.Build, e.Lambda, e.API} {
		c.takeTemplate(command.Parameters)
	}
	return c
}

// samConfigOf returns the configuration for a template: that beside it, or that of the project if
// it names the template.
func samConfigOf(file string, o Options) (samConfig, error) {
	c, err := readSAMConfig(filepath.Dir(file), o.Stage)
	if err != nil || c.name != "" || o.Dir == "" {
		return c, err
	}
	c, err = readSAMConfig(o.Dir, o.Stage)
	if err != nil {
		return c, err
	}
	path, err := filepath.Abs(c.templateIn(o.Dir))
	if err != nil || path == file {
		return c, err
	}
	return samConfig{}, nil
}

// templateIn returns the path of the template for a configuration in a directory.
func (c *samConfig) templateIn(dir string) string {
	if filepath.IsAbs(c.Template) {
		return c.Template
	}
	return filepath.Join(dir, filepath.FromSlash(c.Template))
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func (c *samConfig) take(p samParameters) {
	if p.Region != "" {
		c.Region = p.Region
	}
	if p.StackName != "" {
		c.StackName = p.StackName
	}
	maps.Copy(c.Overrides, p.Overrides)
}

func (c *samConfig) takeTemplate(p samParameters) {
	for _, path := range []string{p.Short, p.Template} {
		if path != "" {
			c.Template = path
		}
	}
}

// defaultEnvironment is the table for which the SAM CLI need not be told a name.
const defaultEnvironment = "default"

func decodeTOML(data []byte, stage string) (e samEnvironment, err error) {
	var all map[string]toml.Primitive
	md, err := toml.Decode(string(data), &all)
	if err != nil {
		return e, err
	}
	table, ok := all[stage]
	if !ok {
		table, ok = all[defaultEnvironment]
	}
	if !ok {
		return e, nil
	}
	return e, md.PrimitiveDecode(table, &e)
}

func decodeYAML(data []byte, stage string) (e samEnvironment, err error) {
	var all map[string]yaml.Node
	if err := yaml.Unmarshal(data, &all); err != nil {
		return e, err
	}
	table, ok := all[stage]
	if !ok {
		table, ok = all[defaultEnvironment]
	}
	if !ok {
		return e, nil
	}
	return e, table.Decode(&e)
}

// samLine is where both parsers say that a file is wrong, and TOML's also in which key.
var samLine = regexp.MustCompile(`line (\d+)(?: \(last key "([^"]+)"\))?: (.*)`)

// samError returns the error of a parser, with the file and the line in front.
func samError(path string, err error) error {
	m := samLine.FindStringSubmatch(err.Error())
	switch {
	case m == nil:
		return fmt.Errorf("%s: %w", path, err)
	case m[2] != "":
		return fmt.Errorf("%s:%s: %s: %s", path, m[1], m[2], m[3])
	}
	return fmt.Errorf("%s:%s: %s", path, m[1], m[3])
}

// overrides are the values of parameters: a text, a list of such texts, or an object.
type overrides map[string]string

// UnmarshalTOML reads them; the caller adds the line to an error.
func (o *overrides) UnmarshalTOML(v any) error { return o.read(v) }

// UnmarshalYAML reads them.
func (o *overrides) UnmarshalYAML(n *yaml.Node) error {
	var v any
	if err := n.Decode(&v); err != nil {
		return err
	}
	if err := o.read(v); err != nil {
		return fmt.Errorf("line %d: parameter_overrides: %w", n.Line, err)
	}
	return nil
}

func (o *overrides) read(v any) error {
	if *o == nil {
		*o = make(overrides)
	}
	switch v := v.(type) {
	case nil:
	case string:
		all, err := parseOverrides(v)
		maps.Copy(*o, all)
		return err
	case []any:
		for _, one := range v {
			if err := o.read(one); err != nil {
				return err
			}
		}
	case map[string]any:
		for name, value := range v {
			(*o)[name] = fmt.Sprint(value)
		}
	default:
		return fmt.Errorf("want a text or a list of texts, not %v", v)
	}
	return nil
}
