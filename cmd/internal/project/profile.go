package project

import "reflect"

// change sets the fields of to, a pointer to a struct, that from has: a struct whose fields have the
// same names. A zero field of from says nothing; what a pointer points to counts.
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
