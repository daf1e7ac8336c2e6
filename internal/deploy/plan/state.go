package plan

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/tyg-dev/tyg/internal/deploy/spec"
)

// The types of resources, as the state file and plans name them.
const (
	TypeTable       = "dynamodb_table"
	TypeLogGroup    = "log_group"
	TypeRole        = "iam_role"
	TypeFunction    = "lambda_function"
	TypeVersion     = "lambda_version"
	TypeAlias       = "lambda_alias"
	TypePermission  = "lambda_permission"
	TypeEventSource = "event_source_mapping"
	TypeFunctionURL = "lambda_function_url"
	TypeRule        = "eventbridge_rule"
	TypeSubscriber  = "sns_subscription"
	TypeAPI         = "websocket_api"
	TypeIntegration = "websocket_integration"
	TypeAuthorizer  = "websocket_authorizer"
	TypeRoute       = "websocket_route"
	TypeDeployment  = "websocket_deployment"
	TypeStage       = "websocket_stage"
	TypeDomain      = "domain_name"
	TypeMapping     = "api_mapping"
	TypeCertificate = "certificate"
	TypeValidation  = "certificate_validation"
	TypeRecord      = "dns_record"
)

const schemaVersion = "2.0"

// A State is the content of the state file of a deployed stage, .tyg/deployed/{stage}.json.
// Resources are in the order in which they were created.
type State struct {
	Resources     []Resource `json:"resources"`
	SchemaVersion string     `json:"schema_version"`
	Backend       string     `json:"backend"`

	// Application is the value of the tag of all resources, [spec.Application.Tag].
	Application string `json:"application,omitempty"`

	Region    string `json:"region,omitempty"`
	AccountID string `json:"account_id,omitempty"`

	// TagKeys are the keys of all tags that deploys have ever set. Tags with other keys are not tyg's,
	// and stay.
	TagKeys []string `json:"tag_keys,omitempty"`

	version string // of the state as last read or written; empty if there was none
}

// A Resource is a resource on AWS that belongs to the application. Resources that AWS deletes with
// another one, as the routes of an API, are not in the file.
type Resource struct {
	Name string `json:"name"` // what the project calls it
	Type string `json:"resource_type"`

	// Pending means that its creation had begun when this was written: it may exist or not.
	Pending bool `json:"pending,omitempty"`

	TableName string `json:"table_name,omitempty"`
	// Adopted means that the table or domain name existed before.
	Adopted bool `json:"adopted,omitempty"`

	LogGroupName string `json:"log_group_name,omitempty"`

	RoleName string `json:"role_name,omitempty"`
	RoleARN  string `json:"role_arn,omitempty"`

	FunctionName string `json:"function_name,omitempty"`
	FunctionARN  string `json:"lambda_arn,omitempty"`
	// Alias is the alias by which events reach the function; empty: they reach it without one.
	Alias string `json:"lambda_alias,omitempty"`

	// Of what leads events to a function.
	SourceARN   string `json:"source_arn,omitempty"`
	UUID        string `json:"event_uuid,omitempty"`
	FunctionURL string `json:"function_url,omitempty"`
	RuleName    string `json:"rule_name,omitempty"`
	BusName     string `json:"event_bus_name,omitempty"`

	APIName string `json:"websocket_api_name,omitempty"`
	APIID   string `json:"websocket_api_id,omitempty"`
	APIURL  string `json:"websocket_api_url,omitempty"`

	DomainName      string          `json:"domain_name,omitempty"`
	HostedZoneID    string          `json:"hosted_zone_id,omitempty"`
	AliasDomainName string          `json:"alias_domain_name,omitempty"`
	CertificateARN  string          `json:"certificate_arn,omitempty"`
	SecurityPolicy  string          `json:"security_policy,omitempty"`
	APIMapping      []MappingRecord `json:"api_mapping,omitempty"`

	// Of the record that proves to ACM who owns the domain, and of the hosted zone with a record.
	RecordName  string `json:"record_name,omitempty"`
	RecordValue string `json:"record_value,omitempty"`
	ZoneID      string `json:"record_zone_id,omitempty"`
}

// AWSName returns the name of the resource on AWS. Resources of a type have different ones.
func (r Resource) AWSName() string {
	switch r.Type {
	case TypeEventSource, TypeSubscriber:
		return r.FunctionName + " " + r.SourceARN
	case TypeRule:
		return r.BusName + " " + r.RuleName
	}
	return cmp.Or(r.TableName, r.LogGroupName, r.RoleName, r.FunctionName, r.APIName, r.DomainName)
}

// A MappingRecord is the path of a custom domain name below which the API is: "/" or "/chat".
type MappingRecord struct {
	Key string `json:"key"`
}

// ReadState reads a state. Without one, nothing is deployed.
func ReadState(ctx context.Context, store Store) (State, error) {
	empty := State{SchemaVersion: schemaVersion, Backend: "api"}
	data, version, err := store.Read(ctx)
	if err != nil {
		return empty, fmt.Errorf("read state: %w", err)
	}
	empty.version = version
	if data == nil {
		return empty, nil
	}
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return empty, fmt.Errorf("read state: %s is not JSON: %w; restore it from a backup, or delete "+
			"it and deploy again, which finds existing resources by name and tag", store, err)
	}
	if s.SchemaVersion != schemaVersion {
		return empty, fmt.Errorf("read state: %s has schema version %q, and this tyg knows %q only",
			store, s.SchemaVersion, schemaVersion)
	}
	s.version = version
	return s, nil
}

// writeLimit is how long the state may take to be written after an interrupt.
const writeLimit = 30 * time.Second

// write replaces the state, also after the end of ctx: what has been created must not be forgotten.
// It is an error if another process has changed the state.
func (s *State) write(ctx context.Context, store Store) error {
	text, err := s.encode()
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	if s.version, err = store.Write(ctx, text, s.version); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

func (s State) encode() ([]byte, error) {
	if s.Resources == nil {
		s.Resources = []Resource{}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return text.Bytes(), err
}

// Find returns the resource of a type and name.
func (s State) Find(kind, name string) (Resource, bool) {
	if i := s.index(kind, name); i >= 0 {
		return s.Resources[i], true
	}
	return Resource{}, false
}

// Of returns the resources of a type.
func (s State) Of(kind string) []Resource {
	var list []Resource
	for _, r := range s.Resources {
		if r.Type == kind {
			list = append(list, r)
		}
	}
	return list
}

// Put adds a resource, or replaces the one of the same type and name.
func (s *State) Put(r Resource) {
	if i := s.index(r.Type, r.Name); i >= 0 {
		s.Resources[i] = r
		return
	}
	s.Resources = append(s.Resources, r)
}

// Complete adds resources that were found on AWS, unless the state has them.
func (s *State) Complete(found []Resource) {
	for _, r := range found {
		known := slices.ContainsFunc(s.Resources, func(o Resource) bool {
			return o.Type == r.Type && o.AWSName() == r.AWSName()
		})
		if known {
			continue
		}
		if s.index(r.Type, r.Name) >= 0 {
			r.Name = r.AWSName() // another resource has its name in the project
		}
		s.Put(r)
	}
}

func (s *State) remove(kind, name string) {
	if i := s.index(kind, name); i >= 0 {
		s.Resources = slices.Delete(s.Resources, i, i+1)
	}
}

func (s State) index(kind, name string) int {
	return slices.IndexFunc(s.Resources, func(r Resource) bool {
		return r.Type == kind && r.Name == name
	})
}

// Report returns the lines that end a deploy: the functions in the order in which they were
// created, the URL of the API, and its custom domain name.
func (s State) Report() []string {
	lines := []string{"Resources deployed:"}
	for _, fn := range s.Of(TypeFunction) {
		lines = append(lines, "  - Lambda ARN: "+fn.FunctionARN)
	}
	if url := s.URL(); url != "" {
		lines = append(lines, "  - Websocket API URL: "+url)
	}
	for _, u := range s.Of(TypeFunctionURL) {
		lines = append(lines, "  - HTTP URL of "+u.Name+": "+u.FunctionURL)
	}
	for _, d := range s.Of(TypeDomain) {
		lines = append(lines, "  - Custom domain name:",
			"      HostedZoneId: "+d.HostedZoneID, "      AliasDomainName: "+d.AliasDomainName)
	}
	for _, c := range s.Waiting() {
		lines = append(lines, "  - Certificate of "+c.DomainName+" waits for a DNS record; make it, and "+
			"deploy again when ACM has seen it:", "      "+c.RecordName+" CNAME "+c.RecordValue)
	}
	return lines
}

// Waiting returns the requested certificates whose record is not written by deploy, and that no
// custom domain name has yet.
func (s State) Waiting() []Resource {
	var list []Resource
	for _, c := range s.Of(TypeCertificate) {
		_, written := s.Find(TypeValidation, c.Name)
		used := slices.ContainsFunc(s.Of(TypeDomain), func(d Resource) bool {
			return d.CertificateARN == c.CertificateARN
		})
		if !written && !used && c.RecordName != "" {
			list = append(list, c)
		}
	}
	return list
}

// URL returns the URL that clients connect to, or "" if nothing is deployed.
func (s State) URL() string {
	api, _ := s.Find(TypeAPI, "websocket_api")
	return api.APIURL
}

// AllTagKeys returns the keys of all tags that the application has or had, on any resource.
func (s State) AllTagKeys(app spec.Application) map[string]bool {
	keys := app.TagKeys()
	for _, key := range s.TagKeys {
		keys[key] = true
	}
	return keys
}
