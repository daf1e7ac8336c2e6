package awstest

func stsOperations() map[string]operation {
	return map[string]operation{"GetCallerIdentity": getCallerIdentity}
}

func getCallerIdentity(*Cloud, params) (map[string]any, error) {
	return map[string]any{"Account": Account, "Arn": caller, "UserId": "AIDACKCEVSQ6C2EXAMPLE"}, nil
}
