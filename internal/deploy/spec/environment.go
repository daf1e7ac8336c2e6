package spec

import "maps"

// Environment returns the variables of a function: endpoint as [EndpointVariable], the names of
// tables, [TriggerVariable], and its own, which win.
func (a Application) Environment(fn Function, endpoint string) map[string]string {
	all := map[string]string{EndpointVariable: endpoint}
	for _, t := range a.Tables {
		if t.Variable != "" {
			all[t.Variable] = t.Name
		}
	}
	if _, ok := a.Trigger(fn.LogicalName); ok {
		all[TriggerVariable] = fn.LogicalName
	}
	if places := fn.startSecrets(); places != "" {
		all[SecretsVariable] = places
	}
	maps.Copy(all, fn.Environment)
	return all
}

// VariablePattern is the pattern of names of environment variables.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)
const VariablePattern = `[a-zA-Z][a-zA-Z0-9_]+`

// ReservedVariables returns the variables that Lambda sets itself.
func ReservedVariables() []string {
	return []string{
		"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
		"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
		"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
		"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	}
}
