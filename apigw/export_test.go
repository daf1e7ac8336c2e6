package apigw

// IsPlain reports whether data is an event that is read without package json.
func IsPlain(data []byte) bool {
	_, ok := decodePlain(data)
	return ok
}
