package local

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// prepare runs the command that the user has given, in the directory of the project.
func (s *server) prepare(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, s.cfg.Prepare[0], s.cfg.Prepare[1:]...)
	cmd.Dir = s.plan.dir(s.cfg.Dir)
	cmd.Env = slices.Concat(s.host.Environ, s.signing())
	cmd.Stdout, cmd.Stderr = s.out.notices(), s.out.notices()
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("--prepare %s: %w", strings.Join(s.cfg.Prepare, " "), err)
	}
	return nil
}

// signing returns the variables by which programs sign calls, as functions have them.
func (s *server) signing() []string {
	region := s.host.Region
	if region == "" {
		region = "us-east-1"
	}
	env := []string{"AWS_REGION=" + region, "AWS_DEFAULT_REGION=" + region}
	if key := s.host.Credentials; key.AccessKeyID != "" {
		env = append(env, "AWS_ACCESS_KEY_ID="+key.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY="+key.SecretAccessKey)
	}
	for _, name := range slices.Sorted(maps.Keys(s.plan.Program.Env)) {
		env = append(env, name+"="+s.plan.Program.Env[name])
	}
	return env
}

// dir returns the directory of a project, whose template may be elsewhere than the user.
func (p Plan) dir(otherwise string) string {
	if p.Dir != "" {
		return p.Dir
	}
	return otherwise
}
