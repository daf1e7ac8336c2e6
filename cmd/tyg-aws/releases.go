package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/visible"
)

// found has what the verbs on releases need, found in a project and its state.
type found struct {
	config   project.Config
	app      deploy.Application
	deployer *deploy.Deployer
}

// findStage opens the account of a stage that may be deployed. It needs no program.
func (r *stageCommand) findStage(ctx context.Context) (found, error) {
	if err := r.checkProject(); err != nil {
		return found{}, err
	}
	c, err := project.ReadConfig(r.Dir)
	if err != nil {
		return found{}, err
	}
	d, err := r.deployer(ctx, c)
	if err != nil {
		return found{}, err
	}
	state, err := d.State(ctx)
	if err != nil {
		return found{}, cli.Interrupted(ctx, err)
	}
	app, err := r.declared(c, state)
	return found{c, app, d}, err
}

// printReleases prints the releases of the stage.
func (r *stageCommand) printReleases(ctx context.Context) error {
	f, err := r.findStage(ctx)
	if err != nil {
		return err
	}
	all, err := f.deployer.Releases(ctx, f.app)
	if err != nil {
		return cli.Interrupted(ctx, err)
	}
	if r.JSON {
		return cli.PrintJSON(r.e.Stdout, struct {
			Stage    string        `json:"stage"`
			Region   string        `json:"region"`
			Live     int           `json:"live"` // 0: none
			Releases []releaseJSON `json:"releases"`
		}{r.Stage, f.deployer.Cloud.Account.Region, all.Live(), releasesJSON(all)})
	}
	if len(all.All) == 0 {
		fmt.Fprintf(r.e.Stderr, "tyg: stage %s has no releases yet; the next tyg deploy makes one, "+
			"unless its configuration has \"releases\": 0\n", visible.Line(r.Stage))
		return nil
	}
	return r.printTable(all)
}

func (r *stageCommand) printTable(all deploy.Releases) error {
	w := tabwriter.NewWriter(r.e.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RELEASE\tPUBLISHED\tCOMMIT\tCODE\tEVENTS")
	for _, release := range all.All {
		events := "-"
		switch {
		case release.Share > 0:
			events = deploy.Percent(release.Share)
		case !release.Whole:
			events = "- (lacks functions)"
		}
		if release.Number == all.Live() {
			events += " (live)"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", release.Number,
			release.Published.Format("2006-01-02 15:04:05"), visible.Line(cmp.Or(release.Commit, "-")),
			codeOf(release), events)
	}
	return w.Flush()
}

// codeOf returns the beginning of the hash of the code, as sha256sum prints it. Usually all
// functions run the same program.
func codeOf(release deploy.Release) string {
	var hashes []string
	for _, name := range slices.Sorted(maps.Keys(release.Versions)) {
		sum, err := base64.StdEncoding.DecodeString(release.Versions[name].CodeHash)
		if err != nil || len(sum) == 0 {
			return "-"
		}
		hashes = append(hashes, hex.EncodeToString(sum)[:12])
	}
	slices.Sort(hashes)
	if hashes = slices.Compact(hashes); len(hashes) != 1 {
		return "several"
	}
	return hashes[0]
}

// A releaseJSON is a release in the output of releases --json.
type releaseJSON struct {
	Number    int                    `json:"number"`
	Commit    string                 `json:"commit,omitempty"`
	Published time.Time              `json:"published"`
	Share     float64                `json:"share"` // of the events, 0 to 1
	Whole     bool                   `json:"whole"` // tyg rollback can make it live
	Functions map[string]versionJSON `json:"functions"`
}

type versionJSON struct {
	Version    string  `json:"version"`
	CodeSHA256 string  `json:"code_sha256"` // as Lambda has it, in base64
	Share      float64 `json:"share"`
}

func releasesJSON(all deploy.Releases) []releaseJSON {
	list := []releaseJSON{}
	for _, release := range all.All {
		list = append(list, newReleaseJSON(release))
	}
	return list
}

func newReleaseJSON(release deploy.Release) releaseJSON {
	out := releaseJSON{
		Number: release.Number, Commit: release.Commit, Published: release.Published,
		Share: release.Share, Whole: release.Whole, Functions: make(map[string]versionJSON),
	}
	for name, v := range release.Versions {
		out.Functions[name] = versionJSON{v.Number, v.CodeHash, v.Share}
	}
	return out
}
