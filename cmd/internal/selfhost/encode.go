package selfhost

import (
	"encoding/json"
	"fmt"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/gateway"
)

// An encoded is a Config for another program: one that was read, with flags and variables.
type encoded struct {
	Stage   project.StageConfig
	Name    string
	Profile gateway.Profile
	Dir     string
}

// Encode returns c as the text that Decode reads.
func (c Config) Encode() (string, error) {
	text, err := json.Marshal(encoded{c.StageConfig, c.Name, c.Profile, c.dir})
	if err != nil {
		return "", fmt.Errorf("encode configuration: %w", err)
	}
	return string(text), nil
}

// Decode reads what Encode returned.
func Decode(text string) (Config, error) {
	var e encoded
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return Config{}, fmt.Errorf("decode configuration: %w", err)
	}
	return Config{StageConfig: e.Stage, Name: e.Name, Profile: e.Profile, dir: e.Dir}, nil
}
