package lambda

import (
	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func (s *State) getFunction(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findQualified(in)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"Configuration": f.pollOf(qualifier),
		"Code": map[string]any{
			"RepositoryType": "S3",
			"Location":       "https://awslambda-" + account.Region + "-tasks.s3.amazonaws.com/" + f.name,
		},
	}
	if len(f.tags) > 0 {
		out["Tags"] = f.tags
	}
	if f.reserved != nil {
		out["Concurrency"] = map[string]any{"ReservedConcurrentExecutions": *f.reserved}
	}
	return out, nil
}

func (s *State) getFunctionConfiguration(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findQualified(in)
	if err != nil {
		return nil, err
	}
	return f.pollOf(qualifier), nil
}

// pollOf describes the function, one of its versions, or that to which an alias leads, and counts
// as a poll.
func (f *function) pollOf(qualifier string) map[string]any {
	if a := f.aliases[qualifier]; a != nil {
		qualifier = a.version
	}
	if v := f.version(qualifier); v != nil {
		return v.poll()
	}
	return f.poll()
}

// getFunctionCodeSigningConfig answers that there is none, for which AWS's model has no value.
func (s *State) getFunctionCodeSigningConfig(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	return map[string]any{"FunctionName": f.name}, nil
}

func (s *State) listFunctions(in wire.Params) (map[string]any, error) {
	functions, next := account.Page(s.Account, s.sortedFunctions(),
		in.Num("MaxItems"), in.Str("Marker"), func(f *function) string { return f.name })
	all := make([]any, len(functions))
	for i, f := range functions {
		all[i] = f.config // without the states, as in AWS
	}
	return wire.WithNext(map[string]any{"Functions": all}, "NextMarker", next), nil
}
