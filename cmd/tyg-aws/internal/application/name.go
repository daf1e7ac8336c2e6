package application

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy"
)

// NameOf returns the name that the application of a stage had when it was deployed, or "" if no name
// in the state file tells.
func NameOf(s deploy.State, stage string) string {
	for _, res := range s.Resources {
		name := cmp.Or(res.APIName, res.FunctionName, res.LogGroupName, res.RoleName, res.TableName)
		name = strings.TrimPrefix(name, "/aws/lambda/")
		if app, ok := strings.CutSuffix(name, "-"+stage+suffix(res)); ok && app != "" {
			return app
		}
	}
	return ""
}

// suffix returns how the name of a resource ends on AWS, after that of the stage.
func suffix(res deploy.Resource) string {
	switch res.Type {
	case deploy.TypeAPI:
		return "-websocket-api"
	case deploy.TypeLogGroup:
		return "-" + strings.TrimSuffix(res.Name, "-log-group")
	case deploy.TypeRole:
		if function, own := strings.CutSuffix(res.Name, "_role"); own {
			return "-" + function
		}
		return ""
	}
	return "-" + res.Name
}

// CheckRenamed reports an application that is deployed under another name, which would stay behind.
func CheckRenamed(s deploy.State, stage, app string) error {
	if old := NameOf(s, stage); old != "" && old != app {
		return fmt.Errorf("stage %q is deployed with app_name %q, and now it is %q; take that name again, "+
			"or tyg delete --stage %s first", stage, old, app, stage)
	}
	return nil
}
