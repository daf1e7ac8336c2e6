package template

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	// nearDepth is how far below a directory Near looks, and nearFiles how many files it looks at.
	nearDepth = 3
	nearFiles = 2000

	// nearSize bounds the files that Near reads.
	nearSize = 1 << 20
)

// webSocketAPI is in each template that has a WebSocket API, and in few other files.
var webSocketAPI = regexp.MustCompile(`AWS::ApiGatewayV2::Api|AWS::Serverless::WebSocketApi` +
	`|(?m)^\s*- websocket:`)

// Near says what to run in a directory without a template that Find knows: a template below it or
// of another name, or a project whose template another tool prints first. It is "" if there is
// nothing of that.
func Near(dir string) string {
	files, best, hint := 0, nearDepth+1, "" // the nearest counts
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be read is no template
		}
		if files++; files > nearFiles {
			return fs.SkipAll
		}
		if d.IsDir() {
			hidden := strings.HasPrefix(d.Name(), ".") && name != "." || d.Name() == "node_modules"
			if hidden || strings.Count(name, "/") >= nearDepth {
				return fs.SkipDir
			}
			return nil
		}
		depth := strings.Count(name, "/")
		if depth >= best {
			return nil
		}
		if one := nearHint(dir, name); one != "" {
			best, hint = depth, one
		}
		return nil
	})
	if err != nil {
		return ""
	}
	return hint
}

// nearHint says what to do with a file, "" if it is none of a project with a WebSocket API.
func nearHint(dir, name string) string {
	base := path.Base(name)
	at := filepath.Join(dir, filepath.FromSlash(name))
	known := slices.Contains(names[:], base)
	yaml := slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(base))
	switch {
	case base == "cdk.json" && exists(filepath.Dir(at), "cdk.out"):
		return nearProject("the CDK", name, "tyg local")
	case base == "cdk.json":
		return nearProject("the CDK", name, "npx cdk synth && tyg local")
	case strings.HasSuffix(base, ".tf") && contains(at, "aws_apigatewayv2_api"):
		return nearProject("Terraform", name, "terraform plan -out plan && terraform show -json plan > "+
			"plan.json && tyg local --template plan.json")
	case known && isProgram(base), yaml && contains(at, ""):
		return fmt.Sprintf("a template is at %s; run: tyg local --template %[1]s", name)
	}
	return ""
}

// nearProject says what to run in the directory of a file.
func nearProject(tool, name, commands string) string {
	if dir := path.Dir(name); dir != "." {
		return fmt.Sprintf("a project of %s is in %s; run there: %s", tool, dir, commands)
	}
	return fmt.Sprintf("a project of %s is here; run: %s", tool, commands)
}

// contains reports whether a file has a text; or, for none, whether it has a WebSocket API.
func contains(file, text string) bool {
	info, err := os.Stat(file)
	if err != nil || info.Size() > nearSize {
		return false
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	if text == "" {
		return webSocketAPI.Match(data)
	}
	return strings.Contains(string(data), text)
}
