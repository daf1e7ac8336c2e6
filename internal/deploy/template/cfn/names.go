package cfn

import (
	"strings"

	"github.com/tyg-dev/tyg/internal/deploy/template"
)

// camel turns a name into a logical id: websocket_connect becomes WebsocketConnect. CloudFormation
// allows only letters and digits in ids.
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html)
func camel(name string) string {
	var b strings.Builder
	up := true
	for _, r := range name {
		if !template.IsAlphanumeric(r) {
			up = true
			continue
		}
		if up && 'a' <= r && r <= 'z' {
			r += 'A' - 'a'
		}
		b.WriteRune(r)
		up = false
	}
	return b.String()
}
