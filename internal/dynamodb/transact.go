package dynamodb

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

type transactGetItemsInput struct {
	TransactItems []struct{ Get *getItemInput }
}

func (s *Server) transactGetItems(in transactGetItemsInput) (any, error) {
	if err := checkCount(len(in.TransactItems)); err != nil {
		return nil, err
	}
	all := []map[string]item{}
	for _, t := range in.TransactItems {
		if t.Get == nil {
			return nil, invalid("an element of TransactItems has no Get")
		}
		found, err := s.get(*t.Get)
		if err != nil {
			return nil, err
		}
		one := make(map[string]item)
		if found != nil {
			one["Item"] = found
		}
		all = append(all, one)
	}
	return map[string]any{"Responses": all}, nil
}

func checkCount(n int) error {
	if n < 1 || n > maxTransaction {
		return invalid("1 validation error detected: Value at 'transactItems' failed to satisfy "+
			"constraint: Member must have length less than or equal to %d, and greater than or equal to 1",
			maxTransaction)
	}
	return nil
}

type action struct{ ConditionCheck, Put, Delete, Update *write }

type transactWriteItemsInput struct {
	TransactItems      []action
	ClientRequestToken string
}

// tokenTime is how long a token stands for the transaction that had it.
const tokenTime = 10 * time.Minute

func (s *Server) transactWriteItems(in transactWriteItemsInput) (any, error) {
	if err := checkCount(len(in.TransactItems)); err != nil {
		return nil, err
	}
	if at, ok := s.tokens[in.ClientRequestToken]; ok && time.Since(at) < tokenTime {
		return struct{}{}, nil
	}
	all, err := s.prepareAll(in.TransactItems)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.table != nil {
			p.commit()
		}
	}
	s.remember(in.ClientRequestToken)
	return struct{}{}, nil
}

// remember notes that the transaction of a token was carried out.
func (s *Server) remember(token string) {
	if token == "" {
		return
	}
	if s.tokens == nil {
		s.tokens = make(map[string]time.Time)
	}
	for old, at := range s.tokens {
		if time.Since(at) >= tokenTime {
			delete(s.tokens, old)
		}
	}
	s.tokens[token] = time.Now()
}

// prepareAll prepares the actions of a transaction. If a condition of one does not hold, none is
// carried out.
func (s *Server) prepareAll(actions []action) ([]prepared, error) {
	var all []prepared
	var reasons []reason
	var codes []string
	failed := false
	seen := make(map[string]bool)
	for _, a := range actions {
		p, err := s.prepare(a)
		one := reason{Code: "None"}
		if e, ok := errors.AsType[*Error](err); ok && p.table != nil {
			one = reason{Code: strings.TrimSuffix(e.Code, "Exception"), Message: e.Message, Item: e.item}
			if e.Code == "ValidationException" {
				one.Code = "ValidationError"
			}
			failed = true
		} else if err != nil {
			return nil, err
		}
		id := fmt.Sprintf("%s %s", p.table.name, p.id)
		if seen[id] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[id] = true
		reasons, codes = append(reasons, one), append(codes, one.Code)
		if a.ConditionCheck != nil {
			p = prepared{}
		}
		all = append(all, p)
	}
	if !failed {
		return all, nil
	}
	return nil, &Error{
		Code: "TransactionCanceledException",
		Message: "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
			strings.Join(codes, ", ") + "]",
		reasons: reasons,
	}
}

// prepare prepares one action. The table of what it returns is nil if the request is wrong.
func (s *Server) prepare(a action) (prepared, error) {
	count := 0
	for _, w := range []*write{a.ConditionCheck, a.Put, a.Delete, a.Update} {
		if w != nil {
			count++
		}
	}
	if count != 1 {
		return prepared{}, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	var p prepared
	var err error
	switch {
	case a.Put != nil:
		p, err = s.put(*a.Put)
	case a.Update != nil:
		p, err = s.update(*a.Update)
	case a.Delete != nil:
		p, err = s.delete(*a.Delete)
	default:
		p, err = s.delete(*a.ConditionCheck)
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Code != "ConditionalCheckFailedException" {
		p.table = nil // the request itself is wrong
	}
	return p, err
}
