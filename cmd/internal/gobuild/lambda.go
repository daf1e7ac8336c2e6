package gobuild

import "context"

// A Platform is a target of the Go compiler.
type Platform struct{ OS, Arch string }

// BuildLambda compiles the project for AWS Lambda: without cgo, without symbols, without the parts
// of package host that Lambda does not use, and reproducibly. A build for this machine with the
// same tags can be asked for its routes here.
func (p Project) BuildLambda(ctx context.Context, to Platform) (Program, error) {
	// (https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html)
	return p.build(ctx,
		[]string{"-tags", "lambda.norpc,tyg.lambda", "-trimpath", "-ldflags", "-s -w"},
		[]string{"CGO_ENABLED=0", "GOOS=" + to.OS, "GOARCH=" + to.Arch})
}
