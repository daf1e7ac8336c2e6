package awstest

import (
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// MadeByChalice makes the resources of a stage that tyg has made look as if Chalice had: functions
// have its tag, roles and APIs have none.
func (c *Cloud) MadeByChalice(app, stage string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	functions, roles, apis := c.lambda.Operations(), c.iam.Operations(), c.gateway.Operations()
	do := func(run wire.Operation, in wire.Params) {
		if _, err := run(in); err != nil {
			panic(err) // the names are those of Resources
		}
	}
	for _, name := range c.resources() {
		kind, rest, _ := strings.Cut(name, " "+app+"-"+stage)
		switch f := strings.Fields(name); {
		case kind == "lambda function":
			arn := account.ARN("lambda", "function:"+app+"-"+stage+rest)
			do(functions["UntagResource"], wire.Params{"Resource": arn, "TagKeys": []any{"tyg"}})
			do(functions["TagResource"], wire.Params{"Resource": arn, "Tags": map[string]any{
				"aws-chalice": "version=1.33.0:stage=" + stage + ":app=" + app,
			}})
		case kind == "iam role":
			do(roles["UntagRole"], wire.Params{
				"RoleName": app + "-" + stage + rest, "TagKeys": []any{"tyg"},
			})
		case strings.HasPrefix(name, "apigatewayv2 api ") && f[3] == app+"-"+stage+"-websocket-api":
			do(apis["UntagResource"], wire.Params{
				"ResourceArn": "arn:aws:apigateway:" + account.Region + "::/apis/" + f[2],
				"TagKeys":     []any{"tyg"},
			})
		}
	}
}
