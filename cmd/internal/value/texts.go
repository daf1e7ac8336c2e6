package value

import (
	"encoding/json"
	"errors"
)

// Texts is a text or a list of texts: "a" is the same as ["a"].
type Texts []string

// UnmarshalJSON reads either form.
func (t *Texts) UnmarshalJSON(data []byte) error {
	var one string
	if err := json.Unmarshal(data, &one); err == nil {
		*t = nil
		if string(data) != "null" {
			*t = Texts{one}
		}
		return nil
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		return errors.New("use a text or a list of texts")
	}
	*t = list
	return nil
}
