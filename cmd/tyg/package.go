package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/template"
	"github.com/tyg-dev/tyg/internal/deploy/template/cfn"
	"github.com/tyg-dev/tyg/internal/deploy/template/tf"
)

const packageHelp = `package writes what deploy would make into a template, for those who deploy
with CloudFormation or Terraform: into the directory OUT, deployment.zip with the program, and
template.json or main.tf.json. It calls nobody and needs no credentials.

The template makes the same resources with the same names as deploy does, so a stage is made by one
or by the other; tyg url, logs, invoke and delete know what deploy has made. Routes that come,
change or go are live, changed or gone when the stack is updated. Tables are kept when a
CloudFormation stack is deleted; Terraform refuses to destroy them, until "terraform state rm" makes
it forget them.

--merge-template takes a JSON file whose values are laid over those of the template, as RFC 7396
says: objects are merged, lists and all else are replaced, null takes away.

--code-parameters, for CloudFormation, makes the template take the code from the S3 bucket of its
parameter CodeBucket, so that it needs no "aws cloudformation package": upload deployment.zip there
under the key that package prints last, which changes with the code. The parameter CodePrefix, empty
if it is not given, comes before that key.`

const packageExample = `  tyg package out
  aws cloudformation package --template-file out/template.json --s3-bucket BUCKET \
    --output-template-file out/packaged.yaml
  aws cloudformation deploy --template-file out/packaged.yaml --stack-name echo-server-dev \
    --capabilities CAPABILITY_NAMED_IAM

  tyg package out --code-parameters
  aws s3 cp out/deployment.zip s3://BUCKET/echo-server-dev/0123456789abcdef.zip
  aws cloudformation deploy --template-file out/template.json --stack-name echo-server-dev \
    --capabilities CAPABILITY_NAMED_IAM --parameter-overrides CodeBucket=BUCKET

  tyg package infra --format terraform --stage prod
  terraform -chdir=infra init && terraform -chdir=infra apply`

// A packaging is one call of package.
type packaging struct {
	*remote
	format     string
	merge      string
	parameters bool
}

// A packaged application is what package writes.
type packaged struct {
	Format   string `json:"format"`
	Template string `json:"template"` // path
	Zip      string `json:"zip"`      // path

	CodeKey string `json:"code_key,omitempty"` // of the zip in S3, with --code-parameters
}

// formats returns what package writes, the default first, and how the file is called.
func formats() (names []string, files map[string]string) {
	return []string{"cloudformation", "terraform"},
		map[string]string{"cloudformation": "template.json", "terraform": "main.tf.json"}
}

func newPackage(e *cli.Env) *cobra.Command {
	p := &packaging{remote: newRemote(e)}
	names, _ := formats()
	cmd := &cobra.Command{
		Use:     "package OUT",
		Short:   "Write a template for CloudFormation or Terraform",
		Long:    packageHelp,
		Example: packageExample,
		Args:    cli.ExactArgs("OUT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(names, p.format) {
				return cli.Usagef(cmd, "there is no format %q; use %s", p.format, strings.Join(names, " or "))
			}
			if p.parameters && p.format != names[0] {
				return cli.Usagef(cmd, "--code-parameters is for CloudFormation; Terraform uploads the file itself")
			}
			return p.run(cmd.Context(), args[0])
		},
	}
	p.stageFlags(cmd)
	cmd.ValidArgsFunction = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	f := cmd.Flags()
	f.StringVar(&p.format, "format", names[0], "write for `TOOL`: "+strings.Join(names, " or "))
	f.StringVar(&p.merge, "merge-template", "", "lay the JSON `FILE` over the template")
	f.BoolVar(&p.parameters, "code-parameters", false, "take the code from an S3 bucket, a parameter")
	complete := cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc("format", complete); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

func (p *packaging) run(ctx context.Context, dir string) error {
	c, err := project.ReadConfig(p.dir)
	if err != nil {
		return err
	}
	o := template.Options{CodeParameters: p.parameters}
	if p.merge != "" {
		if o.Merge, err = os.ReadFile(p.merge); err != nil {
			return fmt.Errorf("read template to merge: %w", err)
		}
	}
	app, err := p.application(ctx, c)
	if err != nil {
		return err
	}
	write := cfn.Template
	if p.format == "terraform" {
		write = tf.Config
	}
	text, err := write(app, o)
	if err != nil {
		return err
	}
	return p.write(dir, text, app)
}

// write writes both files. The template comes last: it is not there without its code.
func (p *packaging) write(dir string, text []byte, app deploy.Application) error {
	_, files := formats()
	done := packaged{
		Format:   p.format,
		Template: filepath.Join(dir, files[p.format]), Zip: filepath.Join(dir, template.Zip),
	}
	if p.parameters {
		var err error
		if done.CodeKey, err = template.CodeKey(app); err != nil {
			return err
		}
	}
	if err := project.WriteFile(done.Zip, app.Functions[0].Bundle.Zip); err != nil {
		return fmt.Errorf("write code: %w", err)
	}
	if err := project.WriteFile(done.Template, text); err != nil {
		return fmt.Errorf("write template: %w", err)
	}
	if p.asJSON {
		return cli.PrintJSON(p.e.Stdout, done)
	}
	lines := []string{done.Template, done.Zip}
	if done.CodeKey != "" {
		lines = append(lines, done.CodeKey)
	}
	_, err := fmt.Fprintln(p.e.Stdout, strings.Join(lines, "\n"))
	return err
}
