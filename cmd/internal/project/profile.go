package project

import (
	"fmt"
	"reflect"
	"time"

	"github.com/tyg-dev/tyg/gateway"
)

// change sets the fields of to, a pointer to a struct, that from has: a struct whose fields have
// the same names. A zero field of from says nothing; what a pointer points to counts.
func change(to, from any) {
	t, f := reflect.ValueOf(to).Elem(), reflect.ValueOf(from)
	for i := range f.NumField() {
		v := f.Field(i)
		if v.IsZero() {
			continue
		}
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		field := t.FieldByName(f.Type().Field(i).Name)
		field.Set(v.Convert(field.Type()))
	}
}

// ProfileValues returns the limits and extensions in which a profile differs from API Gateway, by
// the paths of their keys.
func ProfileValues(name string) map[string]string {
	p, err := gateway.NewProfile(name)
	if err != nil {
		return nil // reported where the profile is used
	}
	values := make(map[string]string)
	for object, of := range map[string]struct{ keys, values reflect.Value }{
		"limits":     {reflect.ValueOf(Limits{}), reflect.ValueOf(p.Limits)},
		"extensions": {reflect.ValueOf(Extensions{}), reflect.ValueOf(p.Extensions)},
	} {
		for i := range of.keys.NumField() {
			key := of.keys.Type().Field(i)
			if v := of.values.FieldByName(key.Name); !v.IsZero() {
				values[object+"."+key.Tag.Get("json")] = profileText(v)
			}
		}
	}
	return values
}

// profileText returns a value as the configuration has it. A negative time is no limit.
func profileText(v reflect.Value) string {
	if d, ok := v.Interface().(time.Duration); ok && d < 0 {
		return "-1s"
	}
	return fmt.Sprint(v.Interface())
}
