package lambda

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

// latest is the version of a function that can be changed.
const latest = "$LATEST"

// A version is a copy of the code and of the configuration of a function. It never changes.
type version struct {
	number  string
	config  map[string]any
	zip     []byte
	pending int // polls until it is Active
}

var versionPattern = regexp.MustCompile(`^\d+$`)

func isVersion(qualifier string) bool { return versionPattern.MatchString(qualifier) }

// version returns a published version, nil if there is none with that number.
func (f *function) version(number string) *version {
	i := slices.IndexFunc(f.versions, func(v *version) bool { return v.number == number })
	if i < 0 {
		return nil
	}
	return f.versions[i]
}

// publishVersion copies $LATEST. If that is what the last version is, it makes none and returns
// that one. A new version is Pending at first.
// (https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html)
//
// AWS does not document whether $LATEST gets a new RevisionId by it. Here it does, so that a client
// cannot make the same call again after it has lost the answer.
func (s *State) publishVersion(in wire.Params) (map[string]any, error) {
	f, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	if want := in.Str("CodeSha256"); want != "" && want != f.config["CodeSha256"] {
		return nil, badParameter("CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). "+
			"Please try again with the CodeSHA256 in $LATEST.", want, f.config["CodeSha256"])
	}
	config := maps.Clone(f.config)
	if in.Has("Description") {
		config["Description"] = in["Description"]
	}
	if last := f.last(s.published[f.name]); last != nil && sameContent(last.config, config) {
		return last.describe(), nil
	}
	s.published[f.name]++
	v := &version{
		number: strconv.Itoa(s.published[f.name]), config: config, zip: f.zip, pending: s.Settle,
	}
	config["Version"], config["FunctionArn"] = v.number, f.arn+":"+v.number
	config["RevisionId"] = s.NewUUID()
	config["LastModified"] = s.Now().UTC().Format("2006-01-02T15:04:05.000-0700")
	f.versions = append(f.versions, v)
	f.config = maps.Clone(f.config)
	f.config["RevisionId"] = s.NewUUID()
	return v.describe(), nil
}

// last returns the version that was published last, unless it is deleted.
func (f *function) last(number int) *version { return f.version(strconv.Itoa(number)) }

// sameContent reports whether the code and the settings of two configurations are the same.
func sameContent(a, b map[string]any) bool {
	plain := func(config map[string]any) map[string]any {
		config = maps.Clone(config)
		for _, name := range []string{"Version", "FunctionArn", "RevisionId", "LastModified"} {
			delete(config, name)
		}
		return config
	}
	return reflect.DeepEqual(plain(a), plain(b))
}

// describe returns the members of FunctionConfiguration.
func (v *version) describe() map[string]any {
	out := maps.Clone(v.config)
	out["State"], out["LastUpdateStatus"] = "Active", "Successful"
	if v.pending > 0 {
		out["State"], out["StateReasonCode"] = "Pending", "Creating"
		out["StateReason"] = "The function is being created."
		delete(out, "LastUpdateStatus")
	}
	return out
}

// poll describes the version, and counts as a poll.
func (v *version) poll() map[string]any {
	out := v.describe()
	account.Poll(&v.pending)
	return out
}

func (s *State) listVersionsByFunction(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	own := maps.Clone(f.config)
	own["FunctionArn"] = f.arn + ":" + latest
	all := append([]*version{{number: latest, config: own}}, f.versions...)
	page, next := account.Page(s.Account, all, in.Num("MaxItems"), in.Str("Marker"),
		func(v *version) string { return fmt.Sprintf("%9s", strings.TrimPrefix(v.number, latest)) })
	var list []any
	for _, v := range page {
		list = append(list, v.config) // without the states
	}
	return wire.WithNext(map[string]any{"Versions": list}, "NextMarker", next), nil
}

// deleteVersion deletes one version, unless an alias leads to it.
// (https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html)
func (f *function) deleteVersion(qualifier string) error {
	switch {
	case qualifier == latest:
		return badParameter("$LATEST version cannot be deleted without deleting the function.")
	case !isVersion(qualifier):
		return badParameter("Deletion of aliases is not currently supported.")
	}
	var users []string
	for _, name := range slices.Sorted(maps.Keys(f.aliases)) {
		if a := f.aliases[name]; a.version == qualifier || a.second == qualifier {
			users = append(users, name)
		}
	}
	if len(users) > 0 {
		return conflict("Unable to delete version because the following aliases reference it: [%s]",
			strings.Join(users, ", "))
	}
	f.versions = slices.DeleteFunc(f.versions, func(v *version) bool { return v.number == qualifier })
	delete(f.permissions, qualifier)
	return nil
}

// stale is the error for a RevisionId that is not the latest.
func stale() error {
	return wire.Fail(http.StatusPreconditionFailed, "PreconditionFailedException",
		"The Revision Id provided does not match the latest Revision Id. "+
			"Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
}
