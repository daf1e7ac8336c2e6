package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/tyg-dev/tyg"
)

// noTable are the groups and values of a function that has no table for them.
type noTable struct{}

var errNoTable = fmt.Errorf("groups and values need a table, and this function has none: "+
	"deploy the program again with tyg deploy, which makes one: %w", errors.ErrUnsupported)

func (noTable) AddToGroup(
	context.Context, string, tyg.ConnID, json.RawMessage,
) (tyg.Member, bool, error) {
	return tyg.Member{}, false, errNoTable
}

func (noTable) RemoveFromGroup(
	context.Context, string, tyg.ConnID,
) (tyg.Member, bool, error) {
	return tyg.Member{}, false, errNoTable
}

func (noTable) SendToGroup(
	context.Context, string, []byte, tyg.GroupOptions,
) (tyg.Delivery, error) {
	return tyg.Delivery{}, errNoTable
}

func (noTable) GroupMembers(context.Context, string) iter.Seq2[tyg.Member, error] {
	return func(yield func(tyg.Member, error) bool) { yield(tyg.Member{}, errNoTable) }
}

func (noTable) CountGroup(context.Context, string) (int, error) { return 0, errNoTable }

func (noTable) LoadValue(context.Context, tyg.ValueKey) ([]byte, tyg.Revision, error) {
	return nil, 0, errNoTable
}

func (noTable) StoreValue(
	context.Context, tyg.ValueKey, []byte, tyg.Revision,
) (tyg.Revision, error) {
	return 0, errNoTable
}
