package function

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
	"github.com/tyg-dev/tyg/internal/deploy/store"
)

// code returns the code of a function as Lambda takes it: the package itself or, if that is too
// large, the object of S3 to which code has written it.
func (r run) code(ctx context.Context, fn spec.Function) (*types.FunctionCode, error) {
	if len(fn.Bundle.Zip) <= r.direct {
		return &types.FunctionCode{ZipFile: fn.Bundle.Zip}, nil
	}
	sum, err := base64.StdEncoding.DecodeString(fn.Bundle.SHA256)
	if err != nil {
		return nil, fmt.Errorf("name package: %w", err)
	}
	name := hex.EncodeToString(sum) + ".zip"
	bucket, key, err := store.Upload(ctx, r.config, r.App.CodeURL, r.App.Prefix()+"/"+name,
		fn.Bundle.Zip)
	if err != nil {
		return nil, err
	}
	return &types.FunctionCode{S3Bucket: aws.String(bucket), S3Key: aws.String(key)}, nil
}
