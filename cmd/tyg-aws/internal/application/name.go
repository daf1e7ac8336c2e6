package application

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy"
)

// NameOf returns the name of the application when the stage was deployed, or "" if the state
// does not say.
func NameOf(s deploy.State, stage string) string {
	if app, ok := strings.CutSuffix(s.Application, "/"+stage); ok {
		return app
	}
	for _, res := range s.Resources {
		name := cmp.Or(res.APIName, res.FunctionName, res.LogGroupName, res.RoleName, res.TableName)
		name = strings.TrimPrefix(name, "/aws/lambda/")
		if app, ok := strings.CutSuffix(name, "-"+stage+suffix(res)); ok && app != "" {
			return app
		}
	}
	return ""
}

// suffix returns the end of the name of a resource on AWS, after the name of the stage.
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

// CheckRenamed reports an application that is deployed with another name, whose resources would
// stay behind.
func CheckRenamed(s deploy.State, stage, app string) error {
	if old := NameOf(s, stage); old != "" && old != app {
		return fmt.Errorf("stage %q is deployed with app_name %q, which is now %q; restore the name, "+
			"or run tyg delete --stage %s first", stage, old, app, stage)
	}
	return nil
}
