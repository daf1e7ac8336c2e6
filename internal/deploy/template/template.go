package template

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Zip is the name of the file beside the template that contains the code of all functions.
const Zip = "deployment.zip"

// Options change a template. The zero value changes nothing.
type Options struct {
	// Merge is a JSON merge patch (RFC 7396) of the template: its values win, its lists replace
	// others, and null removes a value.
	Merge []byte

	// CodeParameters makes a CloudFormation template read the code from the S3 bucket in its parameter
	// CodeBucket, under the key in its parameter CodePrefix, empty by default, followed by [CodeKey].
	// Otherwise the template names the file [Zip], which "aws cloudformation package" uploads.
	CodeParameters bool
}

// CodeKey returns the key of the code in S3 with [Options.CodeParameters], after the prefix:
// {application}-{stage}/{hash of the code}.zip. It fails if functions have no code or different
// code.
func CodeKey(app spec.Application) (string, error) {
	code, err := Bundle(app)
	if err != nil {
		return "", err
	}
	sum := code.SHA256
	if raw, err := base64.StdEncoding.DecodeString(sum); err == nil {
		sum = hex.EncodeToString(raw)
	}
	return app.Name + "-" + app.Stage + "/" + sum[:min(16, len(sum))] + ".zip", nil
}

// Bundle returns the code of the functions.
func Bundle(app spec.Application) (*spec.Bundle, error) {
	var one *spec.Bundle
	for _, fn := range app.Functions {
		if one != nil && fn.Bundle != nil && fn.Bundle.SHA256 != one.SHA256 {
			return nil, errors.New("the functions have different code, and a template is for one program")
		}
		one = fn.Bundle
	}
	if one == nil {
		return nil, errors.New("there is no function with code")
	}
	return one, nil
}

// NoStream returns the error for a trigger that needs the stream of a table of the application,
// which has none.
func NoStream(t spec.Trigger, table spec.Table) error {
	return fmt.Errorf("triggers.%s: table %s has no stream: give tables.%s \"stream_view_type\", "+
		"such as \"NEW_AND_OLD_IMAGES\"", t.Name, table.Name, table.LogicalName)
}

// Finish merges a patch into a template, calls order on the result, and returns its text.
func Finish(doc Object, merge []byte, order func(Object)) ([]byte, error) {
	patched, err := patch(doc, merge)
	if err != nil {
		return nil, fmt.Errorf("merge template: %w", err)
	}
	order(patched)
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(patched); err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	return text.Bytes(), nil
}
