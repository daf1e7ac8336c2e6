package dynamodb

import (
	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func (s *State) describeTimeToLive(in wire.Params) (map[string]any, error) {
	t, err := s.findTable(in)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"TimeToLiveStatus": t.ttlStatus()}
	if t.ttl != "" {
		out["AttributeName"] = t.ttl
	}
	account.Poll(&t.ttlSettling)
	return map[string]any{"TimeToLiveDescription": out}, nil
}

// ttlStatus returns the state of the table's time to live.
func (t *table) ttlStatus() string {
	switch {
	case t.ttl != "" && t.ttlSettling > 0:
		return "ENABLING"
	case t.ttl != "":
		return "ENABLED"
	case t.ttlSettling > 0:
		return "DISABLING"
	default:
		return "DISABLED"
	}
}

func (s *State) updateTimeToLive(in wire.Params) (map[string]any, error) {
	t, err := s.activeTable(in)
	if err != nil {
		return nil, err
	}
	wanted := in.Obj("TimeToLiveSpecification")
	enable, attribute := wanted.Flag("Enabled"), wanted.Str("AttributeName")
	switch {
	case account.Poll(&t.ttlSettling),
		!t.ttlAt.IsZero() && s.Now().Sub(t.ttlAt) < s.TTLInterval:
		return nil, wire.Invalid("Time to live has been modified multiple times within a fixed interval")
	case enable && t.ttl != "":
		return nil, wire.Invalid("TimeToLive is already enabled")
	case !enable && t.ttl == "":
		return nil, wire.Invalid("TimeToLive is already disabled")
	case !enable && t.ttl != attribute:
		return nil, wire.Invalid("TimeToLive is active on a different AttributeName: "+
			"current AttributeName is %s", t.ttl)
	}
	t.ttl, t.ttlSettling, t.ttlAt = "", s.Settle, s.Now()
	if enable {
		t.ttl = attribute
	}
	return map[string]any{"TimeToLiveSpecification": map[string]any(wanted)}, nil
}
