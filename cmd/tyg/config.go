package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tyg-dev/tyg/cmd/internal/strict"
)

// configPath is where a project keeps its configuration, below its directory.
const configPath = ".tyg/config.json"

// configVersion is the only version of the format there is.
const configVersion = "2.0"

// A config is the text of .tyg/config.json. What a stage does not say is as the top level says it;
// null and a missing key mean the same. The names of the fields in JSON are the keys that exist.
type config struct {
	Version string                 `json:"version"`
	AppName string                 `json:"app_name"`
	Profile string                 `json:"profile"`
	Stages  map[string]stageConfig `json:"stages"`
	stageConfig
}

// readConfig reads the configuration of the project in dir. A project without one has the zero
// configuration, which is all defaults.
func readConfig(dir string) (config, error) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(configPath)))
	if errors.Is(err, fs.ErrNotExist) {
		return config{}, nil
	}
	if err != nil {
		return config{}, fmt.Errorf("read configuration: %w", err)
	}
	c, err := parseConfig(data)
	if err != nil {
		return config{}, fmt.Errorf("%s:%w", configPath, err)
	}
	return c, nil
}

// parseConfig reads the text of a configuration. Its errors begin with the number of the line, or
// with a space where they name a key instead.
func parseConfig(data []byte) (config, error) {
	var c config
	if err := strict.Unmarshal(data, &c); err != nil {
		return c, err
	}
	if err := c.check(); err != nil {
		return c, fmt.Errorf(" %w", err)
	}
	return c, nil
}

// check reports the first value that cannot be.
func (c config) check() error {
	if c.Version != "" && c.Version != configVersion {
		return fmt.Errorf("version is %q, and this tyg knows %q only", c.Version, configVersion)
	}
	if c.AppName != "" {
		if err := checkName(c.AppName); err != nil {
			return fmt.Errorf("app_name: %w", err)
		}
	}
	if err := c.stageConfig.check(""); err != nil {
		return err
	}
	for name, s := range c.Stages {
		if err := s.check("stages." + name + "."); err != nil {
			return err
		}
	}
	return nil
}
