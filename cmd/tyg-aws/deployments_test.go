package main

import (
	"os"
	"testing"

	"github.com/tyg-dev/tyg/internal/deploy"
)

func TestDeploymentsAreFew(t *testing.T) {
	dir := t.TempDir()
	var newest *deploy.Bundle
	for i := range maxDeployments + 2 {
		b, err := deploy.NewBundle([]byte{byte(i)})
		if err != nil {
			t.Fatal(err)
		}
		if known, err := deployments(dir).keep(b, "arm64"); known || err != nil {
			t.Errorf("package %d was known: %v, %v", i, known, err)
		}
		newest = b
	}
	files, err := os.ReadDir(string(deployments(dir)))
	if err != nil || len(files) != maxDeployments {
		t.Errorf("there are %d packages, %v; want %d", len(files), err, maxDeployments)
	}
	if known, err := deployments(dir).keep(newest, "arm64"); !known || err != nil {
		t.Errorf("the newest package is known: %v, %v", known, err)
	}
	if known, err := deployments(dir).keep(newest, "x86_64"); known || err != nil {
		t.Errorf("the package is known for the other architecture: %v, %v", known, err)
	}
}
