// Package chalice reads what Chalice knows of a project, and knows its resources on AWS.
package chalice

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// Path is where a project of Chalice keeps its configuration, below its directory.
const Path = ".chalice/config.json"

// A Project is a project of Chalice.
type Project struct {
	Name    string // app_name
	Dropped []string
	Config  []byte // .tyg/config.json

	dir string
}

// Read reads the configuration of the project in dir.
func Read(dir string) (*Project, error) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(Path)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s in %s; name the project of Chalice with --project-dir",
			Path, dir)
	}
	if err != nil {
		return nil, err
	}
	var config map[string]any
	if err := json.Unmarshal(data, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", Path, err)
	}
	p := &Project{dir: dir}
	if p.Name, _ = config["app_name"].(string); p.Name == "" {
		return nil, fmt.Errorf("%s has no app_name", Path)
	}
	config["version"] = "2.0"
	known := make(map[string]bool)
	for _, g := range project.Keys() {
		for _, k := range g.Keys {
			known[k.Path] = true
		}
	}
	p.keep(config, known, "", "")
	if p.Config, err = json.MarshalIndent(config, "", "  "); err != nil {
		return nil, err
	}
	p.Config = append(p.Config, '\n')
	if _, err := project.ParseConfig(p.Config); err != nil {
		return nil, fmt.Errorf("%s has a value that tyg does not take: %w", Path, err)
	}
	slices.Sort(p.Dropped)
	return p, nil
}

// keep removes keys that tyg does not know. path is that of the key table, where is that of the
// file.
func (p *Project) keep(object map[string]any, known map[string]bool, path, where string) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		at, full := path+key, where+key
		below, isObject := object[key].(map[string]any)
		switch {
		case key == "automatic_layer" && object[key] == false:
			delete(object, key) // tyg has none
		case !known[at] || object[key] == nil:
			delete(object, key)
			p.Dropped = append(p.Dropped, full)
		case at == "stages" || at == "lambda_functions":
			for _, name := range slices.Sorted(maps.Keys(below)) {
				if settings, ok := below[name].(map[string]any); ok {
					p.keepNamed(below, name, settings, known, at, full)
				}
			}
		case isObject && hasBelow(known, at):
			p.keep(below, known, at+".", full+".")
		}
	}
}

// keepNamed keeps the settings of a stage or a function. Functions other than those of WebSockets
// have none in tyg.
func (p *Project) keepNamed(
	parent map[string]any, name string, settings map[string]any, known map[string]bool,
	at, full string,
) {
	if at == "lambda_functions" && !slices.Contains(functions(), name) {
		delete(parent, name)
		p.Dropped = append(p.Dropped, full+"."+name)
		return
	}
	p.keep(settings, known, "", full+"."+name+".")
}

// hasBelow reports whether an object has keys that tyg names. Those that users choose, as names of
// variables, are kept.
func hasBelow(known map[string]bool, at string) bool {
	for path := range known {
		if strings.HasPrefix(path, at+".") && !strings.HasPrefix(path, at+".{") {
			return true
		}
	}
	return false
}

// functions are the names of Chalice's functions for WebSockets, which are tyg's, too.
func functions() []string {
	return []string{"websocket_connect", "websocket_message", "websocket_disconnect"}
}

// Deployed is what .chalice/deployed/STAGE.json says of a stage.
type Deployed struct {
	APIID string   // of the WebSocket API; empty: not known
	Other []string // resources that are not those of WebSockets
}

// ReadDeployed reads what Chalice has deployed of a stage. Without a file it is empty.
func (p *Project) ReadDeployed(stage string) (d Deployed, err error) {
	file := filepath.Join(p.dir, ".chalice", "deployed", stage+".json")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	var in struct {
		Resources []struct {
			Name  string `json:"name"`
			Type  string `json:"resource_type"`
			APIID string `json:"websocket_api_id"`
		} `json:"resources"`
	}
	if err == nil {
		err = json.Unmarshal(data, &in)
	}
	if err != nil {
		return d, fmt.Errorf("read %s: %w", file, err)
	}
	for _, r := range in.Resources {
		switch {
		case r.Type == "websocket_api":
			d.APIID = r.APIID
		case r.Type == "lambda_function" && slices.Contains(functions(), r.Name),
			r.Type == "iam_role", r.Type == "log_group", r.Type == "domain_name":
		default:
			d.Other = append(d.Other, r.Type+" "+r.Name)
		}
	}
	return d, nil
}

// tagKey is the tag of Chalice's functions.
// (https://github.com/aws/chalice/blob/master/chalice/config.py)
const tagKey = "aws-chalice"

// Choose returns those of the resources with names of a stage that are Chalice's: functions by
// their tag, the roles that these have, and the API, which only its name shows. It is an error if a
// function is not Chalice's, or if it is unclear which API is meant.
func Choose(claims []plan.Claim, app, stage string, d Deployed) ([]plan.Claim, error) {
	var list, apis []plan.Claim
	roles := make(map[string]bool)
	for _, c := range claims {
		if c.Type != plan.TypeFunction {
			continue
		}
		if !isChalices(c.Tags[tagKey], app, stage) {
			return nil, fmt.Errorf("function %s is not of Chalice's stage %s: its tag %s is %q",
				c.Name, stage, tagKey, c.Tags[tagKey])
		}
		list, roles[c.Role] = append(list, c), true
	}
	if len(list) == 0 {
		return nil, nil
	}
	for _, c := range claims {
		switch c.Type {
		case plan.TypeRole:
			if roles[c.ID] {
				list = append(list, c)
			}
		case plan.TypeAPI:
			if d.APIID == "" || c.ID == d.APIID {
				apis = append(apis, c)
			}
		}
	}
	if len(apis) > 1 {
		return nil, fmt.Errorf("there are %d APIs called %s: %s and %s; restore "+
			".chalice/deployed/%s.json, which says which is Chalice's", len(apis), apis[0].Name, apis[0].ID,
			apis[1].ID, stage)
	}
	return append(list, apis...), nil
}

// isChalices reports whether a tag of the form version=V:stage=S:app=A is of a stage.
func isChalices(tag, app, stage string) bool {
	parts := strings.Split(tag, ":")
	return slices.Contains(parts, "stage="+stage) && slices.Contains(parts, "app="+app)
}
