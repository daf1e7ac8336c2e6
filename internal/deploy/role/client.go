package role

import (
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A client calls IAM.
type client struct {
	*iam.Client
	region string
}

// A planner plans roles.
type planner struct {
	*plan.Planner
	client client
	found  map[string]foundRole // by name
}

// A run carries out the steps of roles.
type run struct {
	*plan.Run
	client
}

func (c client) run(r *plan.Run) run { return run{r, c} }
