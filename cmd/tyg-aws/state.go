package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
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

// store returns where the state of the stage is.
func (r *stageCommand) store(c project.Config, cloud *deploy.Cloud) (deploy.Store, error) {
	url := c.At(r.Stage).State
	if url == "" {
		return r.localStore(), nil
	}
	if c.AppName == "" {
		return nil, fmt.Errorf("%s: state requires an app_name, which is part of the name of the object",
			project.ConfigPath)
	}
	s, err := cloud.Bucket(url, c.AppName, r.Stage)
	if err != nil {
		return nil, fmt.Errorf("%s: state: %w", project.ConfigPath, err)
	}
	return s, nil
}

// deployed returns what a stage has on AWS: as its state says, or as AWS does if the state says
// nothing.
func (r *stageCommand) deployed(ctx context.Context) (deploy.State, error) {
	c, configErr := project.ReadConfig(r.Dir)
	if c.At(r.Stage).State == "" {
		s, err := deploy.ReadState(ctx, r.localStore())
		if err != nil || len(s.Resources) > 0 {
			return s, err
		}
	}
	if err := r.checkProject(); err != nil {
		return deploy.State{}, err
	}
	if configErr != nil {
		return deploy.State{}, configErr
	}
	return r.look(ctx, c)
}

// look asks AWS for the state of a stage.
func (r *stageCommand) look(ctx context.Context, c project.Config) (deploy.State, error) {
	text := fmt.Sprintf("stage %q is not deployed", r.Stage)
	if names := project.DeployedStages(r.Dir); len(names) > 0 {
		text += "; deployed stages: " + strings.Join(names, ", ")
	} else {
		text += "; run tyg deploy"
	}
	app, err := r.declared(c, deploy.State{})
	if err != nil {
		return deploy.State{}, errors.New(text)
	}
	d, err := r.deployer(ctx, c)
	if err != nil {
		return deploy.State{}, fmt.Errorf("%s; or it is, from another checkout, and AWS cannot be "+
			"asked: %w", text, err)
	}
	s, err := d.Find(ctx, app)
	if err == nil && len(s.Resources) == 0 {
		err = errors.New(text)
	}
	return s, cli.Interrupted(ctx, err)
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
