// Package project reads the configuration of a project, .tyg/config.json, and knows the files
// beside it.
package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tyg-dev/tyg/cmd/internal/strict"
)

// ConfigPath is where a project keeps its configuration, below its directory.
const ConfigPath = ".tyg/config.json"

// configVersion is the only version of the format.
const configVersion = "2.0"

// A Config is the text of .tyg/config.json. The top level has the defaults of all stages; null and
// a missing key mean the same. Keys that are not the JSON name of a field are errors.
type Config struct {
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

// ParseConfig parses the text of a configuration. Its errors begin with the line number, or with a
// space if they name a key.
func ParseConfig(data []byte) (Config, error) {
	var c Config
	if err := strict.Unmarshal(data, &c); err != nil {
		return c, err
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf(" %w", err)
	}
	return c, nil
}

// check reports the first invalid value.
func (c Config) check() error {
	if c.Version != "" && c.Version != configVersion {
		return fmt.Errorf("version is %q, and this tyg supports %q only", c.Version, configVersion)
	}
	if c.AppName != "" {
		if err := CheckName(c.AppName); err != nil {
			return fmt.Errorf("app_name: %w", err)
		}
	}
	if err := c.StageConfig.check(""); err != nil {
		return err
	}
	for name, s := range c.Stages {
		if err := s.check("stages." + name + "."); err != nil {
			return err
		}
	}
	return nil
}

// WriteFile writes a file, and the directories above it where they are missing.
func WriteFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o666)
}
