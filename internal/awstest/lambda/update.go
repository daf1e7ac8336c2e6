package lambda

import (
	"maps"
	"net/http"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func (s *State) updateFunctionCode(in wire.Params) (map[string]any, error) {
	f, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	if err := codeOnly(in); err != nil {
		return nil, err
	}
	runtime, _ := f.config["Runtime"].(string)
	zip, err := s.zipOf(in)
	if err != nil {
		return nil, err
	}
	if err := checkZip(zip, runtime); err != nil {
		return nil, err
	}
	if in.Flag("DryRun") {
		return f.describe(), nil
	}
	f.upload(zip, in)
	f.touch(s)
	f.updating = s.Settle
	return f.describe(), nil
}

// codeOnly checks where the code is.
func codeOnly(in wire.Params) error {
	switch {
	case in.Flag("Publish"):
		return wire.Unserved("versions of functions")
	case in.Has("ImageUri"):
		return wire.Unserved("functions from images")
	case !in.Has("ZipFile") && !in.Has("S3Bucket"):
		return badParameter("Please provide a source for function code.")
	}
	return nil
}

// changeable returns the function of an input if it can be updated, and is as the client has last
// seen it.
func (s *State) changeable(in wire.Params) (*function, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	if err := f.ready(); err != nil {
		return nil, err
	}
	if seen := in.Str("RevisionId"); seen != "" && seen != f.config["RevisionId"] {
		return nil, wire.Fail(http.StatusPreconditionFailed, "PreconditionFailedException",
			"The Revision Id provided does not match the latest Revision Id. "+
				"Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
	}
	return f, nil
}

func (s *State) updateFunctionConfiguration(in wire.Params) (map[string]any, error) {
	f, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	if err := s.checkSettings(in); err != nil {
		return nil, err
	}
	f.config = maps.Clone(f.config)
	f.configure(in)
	f.touch(s)
	f.updating = s.Settle
	return f.describe(), nil
}

func (s *State) deleteFunction(in wire.Params) (map[string]any, error) {
	f, err := s.findFunction(in)
	if err != nil {
		return nil, err
	}
	delete(s.functions, f.name)
	return nil, nil
}
