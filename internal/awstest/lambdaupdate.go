package awstest

import (
	"maps"
	"net/http"
)

func updateFunctionCode(c *Cloud, in params) (map[string]any, error) {
	f, err := changeable(c, in)
	if err != nil {
		return nil, err
	}
	if err := codeOnly(in); err != nil {
		return nil, err
	}
	runtime, _ := f.config["Runtime"].(string)
	if err := checkZip(in.blob("ZipFile"), runtime); err != nil {
		return nil, err
	}
	if in.flag("DryRun") {
		return f.describe(), nil
	}
	f.upload(in.blob("ZipFile"), in)
	f.touch(c)
	f.updating = c.Settle
	return f.describe(), nil
}

// codeOnly checks where the code is.
func codeOnly(in params) error {
	switch {
	case in.flag("Publish"):
		return unserved("versions of functions")
	case in.has("ImageUri"):
		return unserved("functions from images")
	case in.has("S3Bucket"):
		return unserved("code in S3")
	case !in.has("ZipFile"):
		return badParameter("Please provide a source for function code.")
	}
	return nil
}

// changeable returns the function of an input if it can be updated, and is as the client has last
// seen it.
func changeable(c *Cloud, in params) (*function, error) {
	f, err := findFunction(c, in)
	if err != nil {
		return nil, err
	}
	if err := f.ready(); err != nil {
		return nil, err
	}
	if seen := in.str("RevisionId"); seen != "" && seen != f.config["RevisionId"] {
		return nil, fail(http.StatusPreconditionFailed, "PreconditionFailedException",
			"The Revision Id provided does not match the latest Revision Id. "+
				"Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
	}
	return f, nil
}

func updateFunctionConfiguration(c *Cloud, in params) (map[string]any, error) {
	f, err := changeable(c, in)
	if err != nil {
		return nil, err
	}
	if err := checkSettings(c, in); err != nil {
		return nil, err
	}
	f.config = maps.Clone(f.config)
	f.configure(in)
	f.touch(c)
	f.updating = c.Settle
	return f.describe(), nil
}

func deleteFunction(c *Cloud, in params) (map[string]any, error) {
	f, err := findFunction(c, in)
	if err != nil {
		return nil, err
	}
	delete(c.lambda.functions, f.name)
	return nil, nil
}
