package store

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// Upload writes an object below a URL, s3://bucket/prefix, unless it exists: its name must be that
// of its content. The bucket must be in the region of the configuration.
func Upload(
	ctx context.Context, cfg aws.Config, url, name string, data []byte,
) (bucket, key string, err error) {
	bucket, prefix, err := ParseURL(url)
	if err != nil {
		return "", "", fmt.Errorf("upload code: %w", err)
	}
	key = path.Join(prefix, name)
	client := NewClient(cfg)
	_, err = client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if status(err) == http.StatusNotFound {
		_, err = client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &bucket, Key: &key, Body: bytes.NewReader(data),
		})
	}
	if err != nil {
		return "", "", fmt.Errorf("upload code to s3://%s/%s: %w", bucket, key,
			awserr.Explain(err, spec.Account{Region: cfg.Region}))
	}
	return bucket, key, nil
}
