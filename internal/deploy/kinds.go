package deploy

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tyg-dev/tyg/internal/deploy/api"
	"github.com/tyg-dev/tyg/internal/deploy/dns"
	"github.com/tyg-dev/tyg/internal/deploy/function"
	"github.com/tyg-dev/tyg/internal/deploy/logs"
	"github.com/tyg-dev/tyg/internal/deploy/plan"
	"github.com/tyg-dev/tyg/internal/deploy/role"
	"github.com/tyg-dev/tyg/internal/deploy/rule"
	"github.com/tyg-dev/tyg/internal/deploy/subscription"
	"github.com/tyg-dev/tyg/internal/deploy/table"
)

// kinds returns all kinds of resources, each after those that it needs: plans go forwards,
// deletions backwards. With the zero Config they can check and list deletions, but not call AWS.
// They wait with w where no step is under way.
func kinds(cfg aws.Config, w *plan.Waiter) []plan.Kind {
	return []plan.Kind{
		table.Kind(cfg, w), role.Kind(cfg), logs.Kind(cfg), function.Kind(cfg), rule.Kind(cfg),
		subscription.Kind(cfg), dns.Certificate(cfg), api.Kind(cfg), dns.Alias(cfg),
	}
}
