package template

// Patch lays a JSON merge patch over a document.
func Patch(doc map[string]any, text []byte) (map[string]any, error) { return patch(doc, text) }
