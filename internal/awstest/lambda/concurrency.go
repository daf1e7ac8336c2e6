package lambda

import "github.com/tyg-dev/tyg/internal/awstest/wire"

// maxReserved is how much concurrency an account can reserve: 1000, of which 100 remain for
// functions that reserve none.
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html)
const maxReserved = 900

func (s *State) putFunctionConcurrency(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	wanted := in.Num("ReservedConcurrentExecutions")
	total := wanted
	for _, other := range s.functions {
		if other != f && other.reserved != nil {
			total += *other.reserved
		}
	}
	if total > maxReserved {
		return nil, badParameter("Specified ReservedConcurrentExecutions for function decreases " +
			"account's UnreservedConcurrentExecution below its minimum value of [100].")
	}
	f.reserved = &wanted
	return map[string]any{"ReservedConcurrentExecutions": wanted}, nil
}

func (s *State) getFunctionConcurrency(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil || f.reserved == nil {
		return nil, err
	}
	return map[string]any{"ReservedConcurrentExecutions": *f.reserved}, nil
}

func (s *State) deleteFunctionConcurrency(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	f.reserved = nil
	return nil, nil
}
