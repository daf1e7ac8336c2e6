package iam

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func (s *State) createRole(in wire.Params) (map[string]any, error) {
	name := in.Str("RoleName")
	key := strings.ToLower(name)
	if s.roles[key] != nil {
		return nil, wire.Fail(http.StatusConflict, "EntityAlreadyExists",
			"Role with name %s already exists.", name)
	}
	r := s.newRole(name, in.Str("Path"))
	r.description, r.settle = in.Str("Description"), s.Settle
	if in.Has("MaxSessionDuration") {
		r.session = in.Num("MaxSessionDuration")
	}
	if err := r.setTrust(in.Str("AssumeRolePolicyDocument")); err != nil {
		return nil, err
	}
	if err := r.addTags(in.Objs("Tags")); err != nil {
		return nil, err
	}
	if in.Has("PermissionsBoundary") {
		if err := s.bound(r, in.Str("PermissionsBoundary")); err != nil {
			return nil, err
		}
	}
	s.roles[key] = r
	return map[string]any{"Role": r.describe()}, nil
}

// newRole returns a role with IAM's defaults: a session is an hour.
func (s *State) newRole(name, path string) *role {
	if path == "" {
		path = "/"
	}
	return &role{
		Name: name, ARN: RoleARN(path, name), path: path, session: 3600, created: s.Now(),
		id:   fmt.Sprintf("AROAEXAMPLE%s", strings.ToUpper(s.NewID())),
		tags: make(map[string]tag), inline: make(map[string]*inlinePolicy),
	}
}

// maxTrust is the most bytes of a trust policy, without spaces, unless AWS raises the quota.
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)
const maxTrust = 2048

func (r *role) setTrust(doc string) error {
	p, err := parseTrustPolicy(doc)
	if err != nil {
		return err
	}
	if size(doc) > maxTrust {
		return limitExceeded("Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	r.trust, r.trustDoc = p, collapse(doc)
	return nil
}

// collapse returns a trust policy as IAM keeps it: a list of one string becomes the string.
// (https://github.com/hashicorp/terraform/pull/5285)
func collapse(doc string) string {
	var v any
	if err := json.Unmarshal([]byte(doc), &v); err != nil {
		panic(err) // it has been parsed
	}
	text, err := json.Marshal(collapsed(v))
	if err != nil {
		panic(err)
	}
	return string(text)
}

func collapsed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			v[key] = collapsed(value)
		}
	case []any:
		if len(v) == 1 {
			if text, ok := v[0].(string); ok {
				return text
			}
		}
		for i, value := range v {
			v[i] = collapsed(value)
		}
	}
	return v
}

// size returns the length of a document without spaces, as quotas count it.
func size(doc string) int { return len(strings.Join(strings.Fields(doc), "")) }

// describe returns a Role of the model. Documents are in percent-encoding (RFC 3986).
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html)
func (r *role) describe() map[string]any {
	out := map[string]any{
		"RoleName": r.Name, "RoleId": r.id, "Arn": r.ARN, "Path": r.path,
		"CreateDate": r.created, "MaxSessionDuration": r.session,
		"AssumeRolePolicyDocument": percent(r.trustDoc), "Description": wire.OrNil(r.description),
	}
	if r.boundary != "" {
		out["PermissionsBoundary"] = map[string]any{
			"PermissionsBoundaryArn": r.boundary, "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
		}
	}
	if len(r.tags) > 0 {
		out["Tags"] = r.tagList()
	}
	return out
}

func percent(doc string) string { return strings.ReplaceAll(url.QueryEscape(doc), "+", "%20") }

// createServiceLinkedRole makes the role of API Gateway, the only service that is known here.
func (s *State) createServiceLinkedRole(in wire.Params) (map[string]any, error) {
	service := in.Str("AWSServiceName")
	linked := map[string]string{"ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway"}
	name := linked[service]
	if name == "" {
		return nil, invalidInput("Service %s is not supported for service-linked roles", service)
	}
	key := strings.ToLower(name)
	if s.roles[key] != nil {
		return nil, invalidInput("Service role name %s has been taken in this account, please try "+
			"a different suffix.", name)
	}
	r := s.newRole(name, "/aws-service-role/"+service+"/")
	r.linked, r.description = true, in.Str("Description")
	err := r.setTrust(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` +
		`{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`)
	if err != nil {
		return nil, err
	}
	s.roles[key] = r
	return map[string]any{"Role": r.describe()}, nil
}

// getRole also returns when the role was last used, which is never: no function runs here.
func (s *State) getRole(in wire.Params) (map[string]any, error) {
	r, err := s.role(in)
	if err != nil {
		return nil, err
	}
	out := r.describe()
	out["RoleLastUsed"] = map[string]any{}
	return map[string]any{"Role": out}, nil
}

func (s *State) updateRole(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	if in.Has("Description") {
		r.description = in.Str("Description")
	}
	if in.Has("MaxSessionDuration") {
		r.session = in.Num("MaxSessionDuration")
	}
	return nil, nil
}

func (s *State) updateAssumeRolePolicy(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	if err != nil {
		return nil, err
	}
	return nil, r.setTrust(in.Str("PolicyDocument"))
}

func (s *State) deleteRole(in wire.Params) (map[string]any, error) {
	r, err := s.changeable(in)
	switch {
	case err != nil:
		return nil, err
	case len(r.attached) > 0:
		return nil, deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(r.inline) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete policies first.")
	}
	delete(s.roles, strings.ToLower(r.Name))
	return nil, nil
}

// listInstanceProfilesForRole finds none: there are no instances here.
func (s *State) listInstanceProfilesForRole(in wire.Params) (map[string]any, error) {
	if _, err := s.role(in); err != nil {
		return nil, err
	}
	return marked("InstanceProfiles", []any{}, ""), nil
}
