package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// update changes a function, and waits until Lambda has done so. New variables come before the new
// code, which may need them.
func (r run) update(
	ctx context.Context, fn spec.Function, have foundFunction, diff difference,
) error {
	if len(diff.state) > 0 {
		if _, err := r.settle(ctx, r.App.FunctionName(fn.LogicalName)); err != nil {
			return err
		}
	}
	if len(diff.configuration) > 0 {
		if err := r.configure(ctx, fn, have); err != nil {
			return err
		}
	}
	if len(diff.code) > 0 {
		if err := r.upload(ctx, fn); err != nil {
			return err
		}
	}
	if len(diff.concurrency) > 0 {
		if err := r.setConcurrency(ctx, fn); err != nil {
			return err
		}
	}
	return r.tag(ctx, fn, have)
}

func (r run) configure(ctx context.Context, fn spec.Function, have foundFunction) error {
	conf := r.configuration(fn, have)
	err := r.retryUntilAssumable(ctx, fn, func() error {
		return r.retryWhileBusy(ctx, *conf.FunctionName, func() error {
			_, err := r.UpdateFunctionConfiguration(ctx, conf)
			return err
		})
	})
	if err != nil {
		return err
	}
	_, err = r.settle(ctx, *conf.FunctionName)
	return err
}

func (r run) upload(ctx context.Context, fn spec.Function) error {
	name := r.App.FunctionName(fn.LogicalName)
	code, err := r.code(ctx, fn)
	if err != nil {
		return err
	}
	err = r.retryWhileBusy(ctx, name, func() error {
		_, err := r.UpdateFunctionCode(ctx, &lambda.UpdateFunctionCodeInput{
			FunctionName: &name, Architectures: architectures(fn),
			ZipFile: code.ZipFile, S3Bucket: code.S3Bucket, S3Key: code.S3Key,
		})
		return err
	})
	if err != nil {
		return err
	}
	_, err = r.settle(ctx, name)
	return err
}

// setConcurrency sets or removes the reserved concurrency of a function.
func (r run) setConcurrency(ctx context.Context, fn spec.Function) error {
	name := r.App.FunctionName(fn.LogicalName)
	r.Progress("Updating lambda function concurrency limit: " + name)
	return r.retryWhileBusy(ctx, name, func() error {
		if *fn.ReservedConcurrency < 0 {
			_, err := r.DeleteFunctionConcurrency(ctx,
				&lambda.DeleteFunctionConcurrencyInput{FunctionName: &name})
			return err
		}
		_, err := r.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{
			FunctionName:                 &name,
			ReservedConcurrentExecutions: aws.Int32(int32(*fn.ReservedConcurrency)),
		})
		return err
	})
}

func (r run) tag(ctx context.Context, fn spec.Function, have foundFunction) error {
	set, unset := plan.TagChanges(have.tags, r.App.ResourceTags(fn.Tags))
	if len(unset) > 0 {
		_, err := r.UntagResource(ctx, &lambda.UntagResourceInput{
			Resource: &have.arn, TagKeys: unset,
		})
		if err != nil {
			return err
		}
	}
	if len(set) == 0 {
		return nil
	}
	_, err := r.TagResource(ctx, &lambda.TagResourceInput{Resource: &have.arn, Tags: set})
	return err
}
