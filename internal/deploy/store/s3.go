package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tyg-dev/tyg/internal/deploy/awserr"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

var _ plan.Store = (*Bucket)(nil)

// A Bucket keeps the state of a stage in an object of S3, and its lock in another one beside it.
// Every write has a condition, so two deploys never overwrite each other's state.
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html)
type Bucket struct {
	bucket, key string
	client      *s3.Client
	account     spec.Account // for errors
}

// ParseURL splits s3://bucket/prefix. The prefix may be empty.
func ParseURL(url string) (bucket, prefix string, err error) {
	rest, ok := strings.CutPrefix(url, "s3://")
	bucket, prefix, _ = strings.Cut(rest, "/")
	// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html)
	if !ok || !spec.Matches(`[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]`, bucket) {
		return "", "", fmt.Errorf("%q is not s3://bucket/prefix", url)
	}
	return bucket, strings.Trim(prefix, "/"), nil
}

// NewBucket returns the store of an object. The bucket may be in another region than the stage.
func NewBucket(cfg aws.Config, account spec.Account, bucket, key string) *Bucket {
	return &Bucket{bucket: bucket, key: key, account: account, client: NewClient(cfg)}
}

// NewClient returns a client of S3. At an endpoint of its own, buckets are in the path: there is no
// DNS name for each of them. It sends no checksums in trailers, which servers other than AWS's may
// not know.
func NewClient(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = o.BaseEndpoint != nil
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
}

// String returns the URL of the object.
func (b *Bucket) String() string { return "s3://" + b.bucket + "/" + b.key }

// Read reads the object. Its version is its ETag.
func (b *Bucket) Read(ctx context.Context) (data []byte, version string, err error) {
	data, version, err = b.get(ctx, b.key)
	if status(err) == http.StatusNotFound && !isNoBucket(err) {
		return nil, "", nil
	}
	return data, version, b.explain(err)
}

// Write replaces the object, if it still has the version.
func (b *Bucket) Write(ctx context.Context, data []byte, version string) (string, error) {
	etag, err := b.put(ctx, b.key, data, version)
	if !isOverwritten(err) {
		return etag, b.explain(err)
	}
	// The answer to an earlier attempt may have been lost.
	if now, etag, readErr := b.Read(ctx); readErr == nil && bytes.Equal(now, data) {
		return etag, nil
	}
	return "", fmt.Errorf("%s has changed: %w", b, plan.ErrChanged)
}

func (b *Bucket) get(ctx context.Context, key string) (data []byte, etag string, err error) {
	err = b.inItsRegion(func(o func(*s3.Options)) error {
		out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.bucket, Key: &key}, o)
		if err != nil {
			return err
		}
		defer out.Body.Close()
		data, err = io.ReadAll(out.Body)
		etag = aws.ToString(out.ETag)
		return err
	})
	return data, etag, err
}

// put writes an object that has an ETag or, if that is empty, that does not exist.
func (b *Bucket) put(ctx context.Context, key string, data []byte, etag string) (
	newETag string, err error,
) {
	in := &s3.PutObjectInput{
		Bucket: &b.bucket, Key: &key, ContentType: aws.String("application/json"),
	}
	if etag == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = &etag
	}
	err = b.inItsRegion(func(o func(*s3.Options)) error {
		in.Body = bytes.NewReader(data)
		out, err := b.client.PutObject(ctx, in, o)
		if err == nil {
			newETag = aws.ToString(out.ETag)
		}
		return err
	})
	return newETag, err
}

// inItsRegion calls again, in the region of the bucket, if S3 says that it is in another one.
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html)
func (b *Bucket) inItsRegion(call func(func(*s3.Options)) error) error {
	err := call(func(*s3.Options) {})
	answer, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok {
		return err
	}
	region := answer.Response.Header.Get("X-Amz-Bucket-Region")
	if region == "" || region == b.client.Options().Region {
		return err
	}
	return call(func(o *s3.Options) { o.Region = region })
}

// isOverwritten reports that the condition of a write does not hold: the object was written by
// another process, or is just being written.
func isOverwritten(err error) bool {
	s := status(err)
	return s == http.StatusPreconditionFailed || s == http.StatusConflict
}

func isNoBucket(err error) bool {
	e, ok := errors.AsType[awserr.Refusal](err)
	return ok && e.ErrorCode() == "NoSuchBucket"
}

func status(err error) int {
	if e, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}

func (b *Bucket) explain(err error) error {
	if isNoBucket(err) {
		return fmt.Errorf("%s: there is no such bucket; make it with \"aws s3 mb s3://%s\", and turn "+
			"on its versioning", b, b.bucket)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", b, awserr.Explain(err, b.account))
	}
	return nil
}
