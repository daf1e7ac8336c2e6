package stagecmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tyg-dev/tyg/cmd/internal/cli"
)

const packageHelp = `package writes what deploy would create as a template, for deployments with
CloudFormation or Terraform. The directory OUT gets deployment.zip with the program, and
template.json or main.tf.json. package does not call AWS and needs no credentials.

The template creates the same resources with the same names as deploy, so use only one of them
for a stage; tyg url, logs, invoke and delete work for stages that deploy has created. An update
of the stack puts new, changed and deleted routes live. When a CloudFormation stack is deleted,
its tables are kept; Terraform refuses to destroy them until "terraform state rm" removes them
from its state.

--merge-template takes a JSON file that is merged into the template by RFC 7396: objects are
merged, lists and other values are replaced, null deletes.

--code-parameters, for CloudFormation, makes the template read the code from the S3 bucket of
its parameter CodeBucket, so that it does not need "aws cloudformation package": upload
deployment.zip under the key that package prints last, which changes with the code. The
parameter CodePrefix, empty by default, precedes that key.`

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
	f.StringVar(&p.Merge, "merge-template", "", "merge the JSON `FILE` into the template")
	f.BoolVar(&p.CodeParameters, "code-parameters", false,
		"read the code from an S3 bucket that is a parameter")
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
