package awstest

import "github.com/tyg-dev/tyg/internal/awstest/wire"

func stsOperations() map[string]operation {
	return map[string]operation{"GetCallerIdentity": getCallerIdentity}
}

func getCallerIdentity(*Cloud, wire.Params) (map[string]any, error) {
	return map[string]any{"Account": Account, "Arn": caller, "UserId": "AIDACKCEVSQ6C2EXAMPLE"}, nil
}
