package selfhost

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A workflow is what the tests look at in a workflow of GitHub Actions.
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax)
type workflow struct {
	name string
	text string
	doc  map[string]any
}

func readWorkflow(t *testing.T, name string) workflow {
	t.Helper()
	file := "../.github/workflows/" + name
	return workflow{name, string(deployFile(t, file)), documents(t, file)[0]}
}

// jobs returns the jobs by their name.
func (w workflow) jobs(t *testing.T) map[string]map[string]any {
	t.Helper()
	jobs := make(map[string]map[string]any)
	for name, job := range at(t, w.doc, "jobs").(map[string]any) {
		jobs[name] = job.(map[string]any)
	}
	return jobs
}

// runs returns the commands of the steps of a job, and uses its actions.
func runs(t *testing.T, job map[string]any) (commands, uses []string) {
	t.Helper()
	for _, step := range at(t, job, "steps").([]any) {
		run, isCommand := step.(map[string]any)["run"].(string)
		action, isAction := step.(map[string]any)["uses"].(string)
		switch {
		case isCommand == isAction:
			t.Errorf("the step %v has to run a command or use an action", step)
		case isCommand:
			commands = append(commands, run)
		default:
			uses = append(uses, action)
		}
	}
	return commands, uses
}

// pinned is an action at a commit, with its version in a comment: a tag can be moved.
var pinned = regexp.MustCompile(`^\s*(?:- )?uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)

// Every workflow has the fewest permissions, bounds its time and names actions by their commit.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob("../../../.github/workflows/*")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d workflows, %v", len(files), err)
	}
	for _, file := range files {
		w := readWorkflow(t, filepath.Base(file))
		at(t, w.doc, "on.push.branches.0")
		may := at(t, w.doc, "permissions").(map[string]any)
		if len(may) != 1 || may["contents"] != "read" {
			t.Errorf("%s: by default jobs may %v", w.name, may)
		}
		for name, job := range w.jobs(t) {
			if at(t, job, "timeout-minutes").(int) > 120 || at(t, job, "runs-on") == "ubuntu-latest" {
				t.Errorf("%s: %s has no bound, or a system that changes", w.name, name)
			}
			runs(t, job)
		}
		for line := range strings.SplitSeq(w.text, "\n") {
			if strings.Contains(line, "uses:") && !pinned.MatchString(line) {
				t.Errorf("%s: name the commit and the version: %s", w.name, line)
			}
			if strings.Contains(line, "secrets.") {
				t.Errorf("%s needs a secret: %s", w.name, line)
			}
		}
	}
}

// The jobs of CI run each step that .ci/run has by default, once.
func TestCIRunsAllSteps(t *testing.T) {
	script, err := os.ReadFile("../../../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)\|\| steps=\((.+)\)$`).FindSubmatch(script)
	if m == nil {
		t.Fatal(".ci/run has no steps")
	}
	job := readWorkflow(t, "ci.yml").jobs(t)["check"]
	var steps []string
	for _, some := range at(t, job, "strategy.matrix.steps").([]any) {
		steps = append(steps, strings.Fields(some.(string))...)
	}
	want := strings.Fields(string(m[1]))
	slices.Sort(steps)
	slices.Sort(want)
	if !slices.Equal(steps, want) {
		t.Errorf("ci.yml runs %v; .ci/run has %v", steps, want)
	}
	if commands, _ := runs(t, job); !slices.Contains(commands, ".ci/run ${{ matrix.steps }}") {
		t.Errorf("ci.yml runs %q", commands)
	}
	image := at(t, job, "container.image").(string)
	if file := string(deployFile(t, "Dockerfile")); !strings.Contains(file, "FROM "+
		strings.TrimSuffix(image, "-trixie")) {
		t.Errorf("ci.yml has %s, and deploy/Dockerfile another Go", image)
	}
}

// The site that is built is the one that is published, by a job that may do nothing else.
func TestSiteIsPublished(t *testing.T) {
	jobs := readWorkflow(t, "site.yml").jobs(t)
	commands, uses := runs(t, jobs["build"])
	folder := at(t, jobs["build"], "steps.2.working-directory").(string)
	upload := uses[len(uses)-1]
	path := at(t, jobs["build"], "steps.3.with.path").(string)
	if !strings.HasPrefix(upload, "actions/upload-pages-artifact@") || len(commands) != 1 ||
		!strings.HasPrefix(commands[0], "go run . -out public ") || path != folder+"/public" {
		t.Errorf("%q writes public in %s; %s gets %s", commands, folder, upload, path)
	}
	for _, file := range []string{"go.mod", "main.go"} {
		if _, err := os.Stat(filepath.Join("../../..", folder, file)); err != nil {
			t.Error(err)
		}
	}
	deploy := jobs["deploy"]
	may := slices.Sorted(maps.Keys(at(t, deploy, "permissions").(map[string]any)))
	commands, uses = runs(t, deploy)
	if !slices.Equal(may, []string{"id-token", "pages"}) || len(commands) != 0 || len(uses) != 1 ||
		!strings.HasPrefix(uses[0], "actions/deploy-pages@") || at(t, deploy, "needs") != "build" {
		t.Errorf("deploy may %v, runs %q and uses %q", may, commands, uses)
	}
	if at(t, deploy, "environment.name") != "github-pages" {
		t.Error("Pages deploys from another environment")
	}
}
