package triggerevent_test

import (
	"testing"

	"github.com/tyg-dev/tyg/internal/triggerevent"
)

func TestPatterns(t *testing.T) {
	const event = `{"eventName":"MODIFY","n":5,"tags":["a","b"],"none":null,` +
		`"dynamodb":{"NewImage":{"state":{"S":"open"}}}}`
	for pattern, want := range map[string]bool{
		``:                                                     true,
		`{"eventName":["INSERT","MODIFY"]}`:                    true,
		`{"eventName":["INSERT"]}`:                             false,
		`{"eventName":[{"prefix":"MOD"}]}`:                     true,
		`{"eventName":[{"prefix":"OD"}]}`:                      false,
		`{"eventName":[{"suffix":"IFY"}]}`:                     true,
		`{"eventName":[{"equals-ignore-case":"modify"}]}`:      true,
		`{"eventName":[{"anything-but":["REMOVE"]}]}`:          true,
		`{"eventName":[{"anything-but":"MODIFY"}]}`:            false,
		`{"eventName":[{"anything-but":{"prefix":"MO"}}]}`:     false,
		`{"missing":[{"anything-but":"x"}]}`:                   false,
		`{"missing":[{"exists":false}]}`:                       true,
		`{"eventName":[{"exists":true}]}`:                      true,
		`{"eventName":[{"exists":false}]}`:                     false,
		`{"none":[null]}`:                                      true,
		`{"missing":[null]}`:                                   false,
		`{"n":[5]}`:                                            true,
		`{"n":["5"]}`:                                          false,
		`{"n":[{"numeric":[">",4,"<=",5]}]}`:                   true,
		`{"n":[{"numeric":["<",5]}]}`:                          false,
		`{"n":[{"numeric":["=",5]}]}`:                          true,
		`{"n":[{"numeric":[">=",6]}]}`:                         false,
		`{"tags":["b"]}`:                                       true,
		`{"tags":["c"]}`:                                       false,
		`{"dynamodb":{"NewImage":{"state":{"S":["open"]}}}}`:   true,
		`{"dynamodb":{"NewImage":{"state":{"S":["shut"]}}}}`:   false,
		`{"dynamodb":{"OldImage":{"state":{"S":["open"]}}}}`:   false,
		`{"eventName":["MODIFY"],"n":[6]}`:                     false,
		`{"$or":[{"n":[6]},{"eventName":["MODIFY"]}]}`:         true,
		`{"$or":[{"n":[6]},{"n":[7]}],"eventName":["MODIFY"]}`: false,
	} {
		p, err := triggerevent.ParsePattern(pattern)
		if err != nil || p.Matches([]byte(event)) != want {
			t.Errorf("%s: %t, %v; want %t", pattern, p.Matches([]byte(event)), err, want)
		}
	}
	for _, wrong := range []string{
		`[]`, `{"a":"b"}`, `{"a":[{"wildcard":"*"}]}`, `{"$or":[{"a":[{"cidr":"10.0.0.0/8"}]}]}`,
		`{"a":{"b":[{"numeric":["!",1]}]}}`,
	} {
		if _, err := triggerevent.ParsePattern(wrong); err == nil {
			t.Errorf("%s is a pattern", wrong)
		}
	}
}
