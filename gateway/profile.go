package gateway

import (
	"fmt"
	"strings"
	"time"
)

// The names of profiles.
const (
	// ProfileAWS is API Gateway's limits and no extension: an application that runs within them moves
	// to AWS without a surprise. It is the default everywhere.
	ProfileAWS = "aws"

	// ProfileServer is for applications that stay on machines of their own. Connections live as long
	// as their clients answer pings, and messages may be binary and up to 16 MB.
	ProfileServer = "server"
)

// A Profile is a choice of limits and extensions. Single ones may be changed after.
type Profile struct {
	Limits        Limits
	Extensions    Extensions
	NoCompression bool // as the field of Server
}

// NewProfile returns the profile of a name, of which empty is [ProfileAWS].
func NewProfile(name string) (Profile, error) {
	switch name {
	case "", ProfileAWS:
		return Profile{}, nil
	case ProfileServer:
		const large = 16 << 20
		return Profile{
			Limits: Limits{
				Frame: large, Message: large, Queue: 2 * large, Idle: -1, Life: -1,
			},
			Extensions: Extensions{Binary: true, Ping: 25 * time.Second},
		}, nil
	}
	return Profile{}, fmt.Errorf("there is no profile %q: use %q or %q",
		name, ProfileAWS, ProfileServer)
}

// Differences lists what clients may do here and not at API Gateway, or the other way round, in
// words for people. It is empty for the zero Profile.
func (p Profile) Differences() []string {
	var d []string
	say := func(format string, args ...any) { d = append(d, fmt.Sprintf(format, args...)) }
	l, aws := p.Limits.withDefaults(), Limits{}.withDefaults()
	if p.Extensions.Binary {
		say("binary messages")
	}
	if l.Message != aws.Message {
		say("messages %s", sizeText(l.Message, "byte"))
	}
	if l.Frame != aws.Frame {
		say("frames %s", sizeText(l.Frame, "byte"))
	}
	if l.URL != aws.URL {
		say("URLs %s", sizeText(l.URL, "character"))
	}
	for _, t := range []struct {
		what      string
		here, aws time.Duration
	}{
		{"idle limit", l.Idle, aws.Idle},
		{"age limit", l.Life, aws.Life},
		{"handler timeout", l.Integration, aws.Integration},
	} {
		switch {
		case t.here == 0:
			say("no %s", t.what)
		case t.here != t.aws:
			say("%s %v", t.what, t.here)
		}
	}
	if p.Extensions.Ping > 0 {
		say("pings after %v", p.Extensions.Ping)
	}
	if p.Extensions.CloseCodes {
		say("close codes by DELETE")
	}
	return d
}

func sizeText(n int, unit string) string {
	switch {
	case n == 0:
		return "of any size"
	case n == 1:
		return "up to 1 " + unit
	case unit == "byte" && n%(1<<20) == 0:
		return fmt.Sprintf("up to %d MB", n>>20)
	case unit == "byte" && n%(1<<10) == 0:
		return fmt.Sprintf("up to %d KB", n>>10)
	}
	return fmt.Sprintf("up to %d %ss", n, unit)
}

// String returns the differences in one line, such as "differs from Amazon API Gateway: no age
// limit".
func (p Profile) String() string {
	d := p.Differences()
	if len(d) == 0 {
		return "works as Amazon API Gateway"
	}
	return "differs from Amazon API Gateway: " + strings.Join(d, ", ")
}
