package plan

import "context"

// A Claim is an existing resource that has a name of the application and not its tag.
type Claim struct {
	Type string            `json:"type"`
	Name string            `json:"name"` // on AWS
	ID   string            `json:"id,omitempty"`
	Tags map[string]string `json:"tags"` // which it has

	// Role is the ARN of the role of a function.
	Role string `json:"-"`

	// Take gives the resource the tag of the application, which makes it its own.
	Take func(context.Context) error `json:"-"`
}
