// Package project reads the configuration of a project, .tyg/config.json, and knows the files
// beside it.
package project

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/tyg-dev/tyg/cmd/internal/backend"
	"github.com/tyg-dev/tyg/cmd/internal/strict"
)

// ConfigPath is where a project keeps its configuration, below its directory.
const ConfigPath = ".tyg/config.json"

// configVersion is the only version of the format.
const configVersion = "2.0"

// A Config is the text of .tyg/config.json. The top level has the defaults of all stages; null and
// a missing key mean the same. Keys that are not the JSON name of a field are errors.
type Config struct {
	Schema  string                 `json:"$schema"` // for editors
	Version string                 `json:"version"`
	AppName string                 `json:"app_name"`
	Profile string                 `json:"profile"`
	Stages  map[string]StageConfig `json:"stages"`
	StageConfig
}

// ReadConfig reads the configuration of the project in dir. Without a file it returns the zero
// Config, which has all defaults.
func ReadConfig(dir string) (Config, error) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(ConfigPath)))
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, nil
	}
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	c, err := ParseConfig(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s:%w", ConfigPath, err)
	}
	return c, nil
}

// ParseConfig parses the text of a configuration. Its errors begin with the line number.
func ParseConfig(data []byte) (Config, error) {
	var c Config
	if err := strict.Unmarshal(data, &c); err != nil {
		return c, err
	}
	return c, strict.Locate(data, c.check())
}

// check reports the first invalid value, with its key.
func (c Config) check() error {
	if c.Version != "" && c.Version != configVersion {
		return keyError("version",
			fmt.Errorf("%q is not supported; this tyg knows %q only", c.Version, configVersion))
	}
	if c.AppName != "" {
		if err := CheckName(c.AppName); err != nil {
			return keyError("app_name", err)
		}
	}
	if err := c.StageConfig.check(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.Stages)) {
		if err := c.Stages[name].check(); err != nil {
			return keyError("stages."+name, err)
		}
		if err := c.At(name).check(); err != nil { // with what the top level has
			return keyError("stages."+name, err)
		}
	}
	return nil
}

// CheckRoutes reports the first stage with a route whose target cannot be. The error is for
// [strict.Locate].
func (c Config) CheckRoutes() error {
	for _, stage := range slices.Concat([]string{""}, slices.Sorted(maps.Keys(c.Stages))) {
		s := c.At(stage)
		err := backend.CheckTargets(s.Routes, s.Authorizer, slices.Collect(maps.Keys(s.Functions)))
		if err == nil {
			continue
		}
		if err = keyError("routes", err); stage != "" {
			err = keyError("stages."+stage, err)
		}
		return err
	}
	return nil
}

// keyError returns the error of a key. That of a key below it gets a longer path.
func keyError(path string, err error) error { return strict.KeyError(path, err) }

// WriteFile writes a file, and the directories above it where they are missing.
func WriteFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o666)
}

// DirOf returns the directory at which relative paths of a configuration begin, as an absolute
// path: that of the file, or the project if the file is in its .tyg.
func DirOf(file string) (string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("find project: %w", err)
	}
	dir := filepath.Dir(abs)
	if filepath.Base(dir) == ".tyg" { // the programs of a project are beside it
		dir = filepath.Dir(dir)
	}
	return dir, nil
}
