package table

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A client calls DynamoDB.
type client struct {
	*dynamodb.Client
	waiter *plan.Waiter
}

// A planner plans tables.
type planner struct {
	*plan.Planner
	client client
	found  map[string]foundTable // by name
}

// A run carries out the steps of tables.
type run struct {
	*plan.Run
	client
}

func (c client) run(r *plan.Run) run { return run{r, c} }
