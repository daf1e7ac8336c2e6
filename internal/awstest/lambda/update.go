package lambda

import (
	"maps"

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
		return wire.Unserved("publishing in the same call")
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
		return nil, stale()
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

// deleteFunction deletes a function with all its versions and aliases, or one version.
func (s *State) deleteFunction(in wire.Params) (map[string]any, error) {
	f, qualifier, err := s.findQualified(in)
	if err != nil {
		return nil, err
	}
	if qualifier != "" {
		return nil, f.deleteVersion(qualifier)
	}
	delete(s.functions, f.name)
	return nil, nil
}
