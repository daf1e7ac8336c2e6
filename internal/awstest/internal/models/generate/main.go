// Command generate reads AWS's service models as botocore distributes them and writes those parts
// that package awstest needs.
//
//	python3 -m pip download --no-deps --no-binary :all: botocore   # or wherever botocore is
//	go run ./generate -botocore .../botocore -o models.json
//
// Without -botocore it asks python3 where its botocore is. Where that cannot be had, operations
// that are missing in models.json can be taken from the older models in a copy of aws-sdk-go:
//
//	go run ./generate -sdk "$(go list -m -f '{{.Dir}}' github.com/aws/aws-sdk-go@v1.55.8)"
package main

import (
	"flag"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("botocore", "", "directory of botocore, with data/ in it")
	sdk := flag.String("sdk", "", "directory of aws-sdk-go, with models/ in it")
	output := flag.String("o", "models.json", "file to write")
	flag.Parse()
	if *sdk != "" {
		out := models.Load()
		addMissing(out, *sdk)
		write(out, *output)
		return
	}
	if *dir == "" {
		*dir = python("import os, botocore; print(os.path.dirname(botocore.__file__))")
	}
	out := &models.File{Notice: "Derived from botocore " + version(*dir) +
		", Copyright Amazon.com, Inc. or its affiliates, Apache License 2.0; see NOTICE."}
	out.Services = make(map[string]*models.Service)
	for name, operations := range served {
		out.Services[name] = convert(read(filepath.Join(*dir, "data"), name), strings.Fields(operations))
	}
	write(out, *output)
}

func write(f *models.File, name string) {
	if err := os.WriteFile(name, format(f), 0o644); err != nil {
		log.Fatal(err)
	}
}

// addMissing adds the operations that a file lacks, and their shapes.
func addMissing(f *models.File, sdk string) {
	var added []string
	for name, operations := range served {
		if f.Services[name] == nil {
			f.Services[name] = &models.Service{}
		}
		have := f.Services[name]
		var missing []string
		for _, operation := range strings.Fields(operations) {
			if have.Operations[operation] == nil {
				missing = append(missing, operation)
			}
		}
		if missing == nil {
			continue
		}
		added = append(added, name)
		more := convert(read(filepath.Join(sdk, "models", "apis"), name), missing)
		if have.Operations == nil {
			*have = *more
			continue
		}
		maps.Copy(have.Operations, more.Operations)
		for shape, s := range more.Shapes {
			if have.Shapes[shape] == nil {
				have.Shapes[shape] = s
			}
		}
	}
	slices.Sort(added)
	f.Notice = strings.TrimSuffix(f.Notice, ".") + "; operations of " + strings.Join(added, ", ") +
		" from aws-sdk-go, by the same owner and license."
}

// python returns what a line of Python prints.
func python(line string) string {
	out, err := exec.Command("python3", "-c", line).Output()
	if err != nil {
		log.Fatalf("run python3 to find botocore (see -botocore): %v", err)
	}
	return strings.TrimSpace(string(out))
}

// version returns the version of the botocore in dir.
func version(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "__init__.py"))
	if err != nil {
		log.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^__version__ = ['"](.*)['"]`).FindSubmatch(text)
	if found == nil {
		log.Fatalf("%s: no __version__ in __init__.py", dir)
	}
	return string(found[1])
}
