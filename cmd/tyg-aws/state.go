package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/cmd/tyg-aws/internal/application"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// localStore returns the state file of the stage.
func (r *stageCommand) localStore() deploy.Store {
	return deploy.FileStore{
		Name: project.StateFile(r.Dir, r.Stage), LockFile: project.LockFile(r.Dir, r.Stage),
	}
}

// deployed returns what a stage has on AWS: as its state says, or as AWS does if the state says
// nothing.
func (r *stageCommand) deployed(ctx context.Context) (deploy.State, error) {
	s, err := deploy.ReadState(ctx, r.localStore())
	if err != nil || len(s.Resources) > 0 {
		return s, err
	}
	if err := r.checkProject(); err != nil {
		return s, err
	}
	c, err := project.ReadConfig(r.Dir)
	if err != nil {
		return s, err
	}
	text := fmt.Sprintf("stage %q is not deployed", r.Stage)
	if names := project.DeployedStages(r.Dir); len(names) > 0 {
		text += "; deployed stages: " + strings.Join(names, ", ")
	} else {
		text += "; run tyg deploy"
	}
	app, err := r.declared(c, s)
	if err != nil {
		return s, errors.New(text)
	}
	d, err := r.deployer(ctx, c)
	if err != nil {
		return s, fmt.Errorf("%s; or it is, from another checkout, and AWS cannot be asked: %w",
			text, err)
	}
	if s, err = d.Find(ctx, app); err != nil {
		return s, err
	}
	if len(s.Resources) == 0 {
		return s, errors.New(text)
	}
	return s, nil
}

// checkProject reports a directory that is no project.
func (r *stageCommand) checkProject() error {
	if _, err := os.Stat(filepath.Join(r.Dir, ".tyg")); err != nil {
		return fmt.Errorf("stage %q is not deployed: there is no .tyg in %s; change to a project, or "+
			"choose one with --project-dir", r.Stage, r.Dir)
	}
	return nil
}

// declared returns what is known of the application without its program.
func (r *stageCommand) declared(
	c project.Config, state deploy.State,
) (deploy.Application, error) {
	name := cmp.Or(application.NameOf(state, r.Stage), c.AppName)
	if name == "" {
		return deploy.Application{}, fmt.Errorf("the name of the application is not known, with which "+
			"its names on AWS begin: %s does not have it, nor has %s an app_name",
			r.localStore(), project.ConfigPath)
	}
	return application.Declared(c, r.Stage, name), nil
}
