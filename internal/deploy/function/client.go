package function

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A client calls Lambda.
type client struct {
	*lambda.Client
	config aws.Config // for S3
	direct int        // how many bytes of code Lambda takes directly
}

// A planner plans functions and permissions.
type planner struct {
	*plan.Planner
	client   client
	found    map[string]foundFunction // by name
	triggers foundTriggers
}

// A run carries out the steps of functions and permissions.
type run struct {
	*plan.Run
	client
}

func (c client) run(r *plan.Run) run { return run{r, c} }
