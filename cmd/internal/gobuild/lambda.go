package gobuild

import "context"

// A Platform is what a program is for, in Go's words.
type Platform struct{ OS, Arch string }

// BuildLambda compiles the project as [Project.Build] does, but as it runs on AWS Lambda: small, without
// cgo, without what Lambda's runtime or package host do not need there, and the same bytes on every
// machine. A platform other than Lambda's gives what can be asked about itself here.
func (p Project) BuildLambda(ctx context.Context, to Platform) (Program, error) {
	// (https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html)
	return p.build(ctx,
		[]string{"-tags", "lambda.norpc,tyg.lambda", "-trimpath", "-ldflags", "-s -w"},
		[]string{"CGO_ENABLED=0", "GOOS=" + to.OS, "GOARCH=" + to.Arch})
}
