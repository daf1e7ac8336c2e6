package project

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// deployedPath is where a project keeps the state files of its stages on AWS, below its directory.
const deployedPath = ".tyg/deployed"

// A deployedState is the part of a state file that completion needs. Package deploy reads all of
// it, and compiles the clients of AWS.
type deployedState struct {
	Resources []struct {
		Name string `json:"name"`
		Type string `json:"resource_type"`
	} `json:"resources"`
}

// StateFile returns the state file of a stage of the project in dir.
func StateFile(dir, stage string) string {
	return filepath.Join(dir, filepath.FromSlash(deployedPath), stage+".json")
}

// LockFile returns the file that is locked while a stage of the project in dir is deployed. It is
// beside the packages, which are not under version control.
func LockFile(dir, stage string) string {
	return filepath.Join(dir, ".tyg", "deployments", stage+".lock")
}

// Stages returns the stages of the project in dir, deployed or not, sorted. A configuration that
// cannot be read has none.
func Stages(dir string) []string {
	names := DeployedStages(dir)
	c, err := ReadConfig(dir)
	if err != nil {
		return names
	}
	for name := range c.Stages {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// DeployedStages returns the stages of the project in dir that have resources on AWS, sorted.
func DeployedStages(dir string) []string {
	files, err := filepath.Glob(StateFile(dir, "*"))
	if err != nil {
		return nil
	}
	var names []string
	for _, file := range files {
		if len(readDeployed(file).Resources) > 0 {
			names = append(names, strings.TrimSuffix(filepath.Base(file), ".json"))
		}
	}
	return names
}

// DeployedFunctions returns the logical names of the functions of a deployed stage.
func DeployedFunctions(dir, stage string) []string {
	var names []string
	for _, r := range readDeployed(StateFile(dir, stage)).Resources {
		if r.Type == "lambda_function" {
			names = append(names, r.Name)
		}
	}
	return names
}

// readDeployed reads a state file. One that is missing or broken has no resources.
func readDeployed(file string) deployedState {
	var s deployedState
	data, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(data, &s) != nil {
		return deployedState{}
	}
	return s
}
