package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// pages reads a list page by page. The paginators of the SDK are such.
type pages[P any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*lambda.Options)) (P, error)
}

// eachPage calls use with each page of a list of what belongs to a function. A function that does
// not exist has none.
func eachPage[P any](ctx context.Context, list pages[P], use func(P)) error {
	for list.HasMorePages() {
		page, err := list.NextPage(ctx)
		if isNoFunction(err) {
			return nil
		}
		if err != nil {
			return err
		}
		use(page)
	}
	return nil
}
