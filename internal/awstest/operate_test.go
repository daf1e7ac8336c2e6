package awstest

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

// Operate runs an operation as a request for it would, without the wire: the input and the answer,
// or the error, must be in the model.
func (c *Cloud) Operate(service, name string, in map[string]any) (map[string]any, error) {
	r := &request{name: name}
	for _, s := range c.services {
		if s.name == service {
			r.service = s
		}
	}
	if r.service == nil || r.model.Operations[name] == nil || r.operations[name] == nil {
		return nil, fmt.Errorf("there is no %s %s", service, name)
	}
	r.op = r.model.Operations[name]
	r.input, _ = normalise(reflect.ValueOf(in)).(map[string]any)
	if problems := r.check(r.op.Input, r.input); len(problems) > 0 {
		return nil, errors.New("model: " + strings.Join(problems, "; "))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	out, err := r.operations[name](c, r.input)
	if e, ok := errors.AsType[*apiError](err); ok && !r.declares(e) {
		return nil, fmt.Errorf("the model of %s has no error %w", name, err)
	}
	if err != nil {
		return nil, err
	}
	normal, problems := r.output(out)
	if len(problems) > 0 {
		return nil, errors.New("answer: " + strings.Join(problems, "; "))
	}
	return normal, nil
}

// OperateItems hands a request about items on, as ServeHTTP does after its checks.
func (c *Cloud) OperateItems(name string, body []byte) ([]byte, error) {
	raw, err := http.NewRequest(http.MethodPost, "/", nil)
	if err != nil {
		return nil, err
	}
	raw.Header.Set("X-Amz-Target", "DynamoDB_20120810."+name)
	raw.Header.Set("Authorization", "AWS4-HMAC-SHA256 checked before")
	c.mu.Lock()
	defer c.mu.Unlock()
	a, _ := passOn(c.dynamo.items(), &request{name: name, body: body, raw: raw})
	return a.body, nil
}
