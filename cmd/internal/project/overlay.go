package project

import "reflect"

// overlay returns the settings of over, and those of base that over does not have. Objects with
// fixed keys whose field is no pointer are combined key by key, and so are maps, which are new ones
// in the result; other values replace each other.
func overlay[T any](base, over T) T {
	layer(reflect.ValueOf(&over).Elem(), reflect.ValueOf(base))
	return over
}

func layer(over, base reflect.Value) {
	switch over.Kind() {
	case reflect.Struct:
		for i := range over.NumField() {
			layer(over.Field(i), base.Field(i))
		}
	case reflect.Map:
		both := reflect.MakeMap(over.Type())
		for _, m := range []reflect.Value{base, over} {
			for at := m.MapRange(); at.Next(); {
				both.SetMapIndex(at.Key(), at.Value())
			}
		}
		over.Set(both)
	default: // an empty list is not zero
		if over.IsZero() {
			over.Set(base)
		}
	}
}
