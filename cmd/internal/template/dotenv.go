package template

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tyg-dev/tyg/cmd/internal/project"
)

// dotenvLine is a variable in a file .env, as the package dotenv of npm reads it.
// (https://github.com/motdotla/dotenv/blob/v16.4.5/lib/main.js)
var dotenvLine = regexp.MustCompile(
	`(?m)^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*(?:=|:[ \t])[ \t]*` +
		`('(?:\\'|[^'])*'|"(?:\\"|[^"])*"|[^#'"\r\n][^#\r\n]*)?[ \t]*(?:#.*)?\r?$`,
)

// dotenvPlugin puts the variables of such files into all functions.
// (https://www.npmjs.com/package/serverless-dotenv-plugin)
const dotenvPlugin = "serverless-dotenv-plugin"

// readDotenv reads the variables of .env beside a file of Serverless: of .env.STAGE if there is
// one. The plugin reads both, and those that end in .local.
// (https://www.serverless.com/framework/docs/environment-variables)
func (b *builder) readDotenv() error {
	stage := b.stage(0)
	names := []string{".env." + stage, ".env"}
	plugin := slices.ContainsFunc(elements(member(b.root, "plugins")), func(n *yaml.Node) bool {
		return n.Value == dotenvPlugin
	})
	if plugin {
		names = []string{".env", ".env.local", ".env." + stage, ".env." + stage + ".local"}
	}
	own := elements(member(b.root, "custom", "dotenv", "path"))
	for i, n := range own {
		names = append(names[:i:i], n.Value)
	}
	b.dotenv = make(map[string]string)
	for _, name := range names {
		if !filepath.IsAbs(name) {
			name = filepath.Join(b.result.Dir, filepath.FromSlash(name))
		}
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read variables: %w", err)
		}
		b.addDotenv(string(text))
		if !plugin {
			break
		}
	}
	b.dotenvFunctions = plugin
	return nil
}

// addDotenv adds the variables of the text of a file.
func (b *builder) addDotenv(text string) {
	for _, m := range dotenvLine.FindAllStringSubmatch(text, -1) {
		value := strings.TrimSpace(m[2])
		quote := value[:min(1, len(value))]
		if quote == `"` || quote == "'" {
			value = value[1 : len(value)-1]
		}
		if quote == `"` {
			value = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\"`, `"`).Replace(value)
		}
		if quote != "'" {
			value = os.Expand(value, b.getenv)
		}
		b.dotenv[m[1]] = value
	}
}

// addDotenvTo gives a function the variables that the plugin gives to all.
func (b *builder) addDotenvTo(all project.Variables) {
	if !b.dotenvFunctions {
		return
	}
	has := func(key, name string) bool {
		list := elements(member(b.root, "custom", "dotenv", key))
		return slices.ContainsFunc(list, func(n *yaml.Node) bool { return n.Value == name })
	}
	included := member(b.root, "custom", "dotenv", "include") != nil
	for name, value := range b.dotenv {
		if !has("exclude", name) && (!included || has("include", name)) {
			all[name] = project.Variable{Text: value}
		}
	}
}
