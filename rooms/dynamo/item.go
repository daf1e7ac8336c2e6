package dynamo

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// An item is an item of the table, or a part of one.
type item map[string]types.AttributeValue

func key(partition, sort string) item {
	return item{PartitionKey: text(partition), SortKey: text(sort)}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// text returns a string attribute, empty if there is none.
func (i item) text(name string) string {
	if s, ok := i[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// number returns a number attribute, 0 if there is none. All of them are integers.
func (i item) number(name string) int64 {
	if n, ok := i[name].(*types.AttributeValueMemberN); ok {
		v, _ := strconv.ParseInt(n.Value, 10, 64)
		return v
	}
	return 0
}

// with sets the attributes of other in i, except empty strings, and returns i.
func (i item) with(other item) item {
	for name, value := range other {
		if s, ok := value.(*types.AttributeValueMemberS); ok && s.Value == "" {
			continue
		}
		i[name] = value
	}
	return i
}
