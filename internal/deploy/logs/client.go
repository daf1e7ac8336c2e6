package logs

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A client calls CloudWatch Logs.
type client struct{ *cloudwatchlogs.Client }

// A planner plans log groups.
type planner struct {
	*plan.Planner
	client client
	found  map[string]foundGroup // by name
}

// A run carries out the steps of log groups.
type run struct {
	*plan.Run
	client
}

func (c client) run(r *plan.Run) run { return run{r, c} }
