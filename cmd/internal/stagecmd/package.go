package stagecmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
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

// The formats of a package.
const (
	CloudFormation = "cloudformation"
	Terraform      = "terraform"
)

func formats() []string { return []string{CloudFormation, Terraform} }

// Package has the argument and the flags of "tyg package".
type Package struct {
	Flags
	Out            string // directory
	Format         string // CloudFormation or Terraform
	Merge          string // file to merge into the template, or empty
	CodeParameters bool   // CloudFormation takes the code from a bucket that is a parameter
}

// NewPackage returns the command "tyg package", which calls run.
func NewPackage(run func(*cobra.Command, Package) error) *cobra.Command {
	var p Package
	cmd := &cobra.Command{
		Use:     "package OUT",
		Short:   "Write a template for CloudFormation or Terraform",
		Long:    packageHelp,
		Example: packageExample,
		Args:    cli.ExactArgs("OUT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p.Out = args[0]
			if err := p.check(cmd); err != nil {
				return err
			}
			return run(cmd, p)
		},
	}
	p.addLocal(cmd)
	cmd.ValidArgsFunction = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	f := cmd.Flags()
	f.StringVar(&p.Format, "format", CloudFormation,
		"write for `TOOL`: "+strings.Join(formats(), " or "))
	f.StringVar(&p.Merge, "merge-template", "", "lay the JSON `FILE` over the template")
	f.BoolVar(&p.CodeParameters, "code-parameters", false,
		"take the code from an S3 bucket, a parameter")
	cli.MustComplete(cmd, "format", formats)
	return cmd
}

func (p *Package) check(cmd *cobra.Command) error {
	if !slices.Contains(formats(), p.Format) {
		return cli.Usagef(cmd, "there is no format %q; use %s",
			p.Format, strings.Join(formats(), " or "))
	}
	if p.CodeParameters && p.Format != CloudFormation {
		return cli.Usagef(cmd,
			"--code-parameters is for CloudFormation; Terraform uploads the file itself")
	}
	return nil
}
