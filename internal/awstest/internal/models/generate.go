//go:build ignore

// Command generate reads AWS's service models as botocore distributes them and writes those parts
// that package awstest needs.
//
//	python3 -m pip download --no-deps --no-binary :all: botocore   # or wherever botocore is
//	go run generate.go -botocore .../botocore -o models.json
//
// Without -botocore it asks python3 where its botocore is. Where that cannot be had, operations
// that are missing in models.json can be taken from the older models in a copy of aws-sdk-go:
//
//	go run generate.go -sdk "$(go list -m -f '{{.Dir}}' github.com/aws/aws-sdk-go@v1.55.8)"
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tyg-dev/tyg/internal/awstest/internal/models"
)

// served is every operation that package awstest serves, or hands on.
var served = map[string]string{
	"iam": `AttachRolePolicy CreateRole CreateServiceLinkedRole DeleteRole
		DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy GetRole GetRolePolicy
		ListAttachedRolePolicies ListInstanceProfilesForRole ListRolePolicies ListRoleTags
		PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy
		UpdateRole`,
	"secretsmanager": `GetSecretValue`,
	"ssm":            `GetParameter GetParameters`,
	"sts":            `GetCallerIdentity`,
	"acm": `AddTagsToCertificate DeleteCertificate DescribeCertificate ListCertificates
		ListTagsForCertificate RemoveTagsFromCertificate RequestCertificate`,
	"route53": `ChangeResourceRecordSets GetChange ListHostedZones ListResourceRecordSets`,
	"logs": `AssociateKmsKey CreateLogGroup CreateLogStream DeleteLogGroup DeleteRetentionPolicy
		DescribeLogGroups DisassociateKmsKey FilterLogEvents ListTagsForResource PutLogEvents
		PutRetentionPolicy TagResource UntagResource`,
	"lambda": `AddPermission CreateAlias CreateFunction DeleteAlias DeleteFunction
		DeleteFunctionConcurrency GetAlias GetFunction
		GetFunctionCodeSigningConfig GetFunctionConcurrency GetFunctionConfiguration GetPolicy
		Invoke ListAliases ListFunctions ListTags ListVersionsByFunction PublishVersion
		PutFunctionConcurrency RemovePermission UpdateAlias TagResource UntagResource UpdateFunctionCode
		UpdateFunctionConfiguration CreateEventSourceMapping CreateFunctionUrlConfig
		DeleteEventSourceMapping DeleteFunctionUrlConfig GetEventSourceMapping
		GetFunctionUrlConfig ListEventSourceMappings UpdateEventSourceMapping
		UpdateFunctionUrlConfig`,
	"events": `DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets
		RemoveTargets TagResource UntagResource`,
	"sns": `GetSubscriptionAttributes ListSubscriptionsByTopic SetSubscriptionAttributes
		Subscribe Unsubscribe`,
	"apigatewayv2": `CreateApi CreateApiMapping CreateAuthorizer CreateDeployment
		CreateDomainName CreateIntegration CreateRoute CreateRouteResponse CreateStage
		DeleteAccessLogSettings DeleteApi DeleteApiMapping DeleteAuthorizer DeleteDeployment
		DeleteDomainName DeleteIntegration DeleteRoute DeleteRouteResponse DeleteRouteSettings
		DeleteStage GetApi GetApiMapping GetApiMappings GetApis GetAuthorizer GetAuthorizers
		GetDeployment GetDeployments GetDomainName GetDomainNames GetIntegration GetIntegrations
		GetRoute GetRouteResponse GetRouteResponses GetRoutes GetStage GetStages GetTags
		TagResource UntagResource UpdateApi UpdateApiMapping UpdateAuthorizer UpdateDeployment
		UpdateDomainName UpdateIntegration UpdateRoute UpdateRouteResponse UpdateStage`,
	"dynamodb": `BatchGetItem BatchWriteItem CreateTable DeleteItem DeleteTable
		DescribeContinuousBackups DescribeTable DescribeTimeToLive GetItem ListTables
		ListTagsOfResource PutItem Query TagResource TransactWriteItems UntagResource
		UpdateContinuousBackups UpdateItem
		UpdateTable UpdateTimeToLive`,
}

func main() {
	log.SetFlags(0)
	dir := flag.String("botocore", "", "directory of botocore, with data/ in it")
	sdk := flag.String("sdk", "", "directory of aws-sdk-go, with models/ in it")
	output := flag.String("o", "models.json", "file to write")
	flag.Parse()
	if *sdk != "" {
		out := models.Load()
		addMissing(out, *sdk)
		write(out, *output)
		return
	}
	if *dir == "" {
		*dir = python("import os, botocore; print(os.path.dirname(botocore.__file__))")
	}
	out := &models.File{Notice: "Derived from botocore " + version(*dir) +
		", Copyright Amazon.com, Inc. or its affiliates, Apache License 2.0; see NOTICE."}
	out.Services = make(map[string]*models.Service)
	for name, operations := range served {
		out.Services[name] = convert(read(filepath.Join(*dir, "data"), name), strings.Fields(operations))
	}
	write(out, *output)
}

func write(f *models.File, name string) {
	if err := os.WriteFile(name, format(f), 0o644); err != nil {
		log.Fatal(err)
	}
}

// addMissing adds the operations that a file lacks, and their shapes.
func addMissing(f *models.File, sdk string) {
	var added []string
	for name, operations := range served {
		if f.Services[name] == nil {
			f.Services[name] = &models.Service{}
		}
		have := f.Services[name]
		var missing []string
		for _, operation := range strings.Fields(operations) {
			if have.Operations[operation] == nil {
				missing = append(missing, operation)
			}
		}
		if missing == nil {
			continue
		}
		added = append(added, name)
		more := convert(read(filepath.Join(sdk, "models", "apis"), name), missing)
		if have.Operations == nil {
			*have = *more
			continue
		}
		maps.Copy(have.Operations, more.Operations)
		for shape, s := range more.Shapes {
			if have.Shapes[shape] == nil {
				have.Shapes[shape] = s
			}
		}
	}
	slices.Sort(added)
	f.Notice = strings.TrimSuffix(f.Notice, ".") + "; operations of " + strings.Join(added, ", ") +
		" from aws-sdk-go, by the same owner and license."
}

// python returns what a line of Python prints.
func python(line string) string {
	out, err := exec.Command("python3", "-c", line).Output()
	if err != nil {
		log.Fatalf("run python3 to find botocore (see -botocore): %v", err)
	}
	return strings.TrimSpace(string(out))
}

// version returns the version of the botocore in dir.
func version(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "__init__.py"))
	if err != nil {
		log.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^__version__ = ['"](.*)['"]`).FindSubmatch(text)
	if found == nil {
		log.Fatalf("%s: no __version__ in __init__.py", dir)
	}
	return string(found[1])
}

// The model as botocore has it. What is not here is not needed.
type (
	source struct {
		Metadata struct {
			APIVersion, Protocol, SigningName, EndpointPrefix string
			JSONVersion, TargetPrefix, XMLNamespace           string
		}
		Operations map[string]*sourceOperation
		Shapes     map[string]*sourceShape
	}
	sourceOperation struct {
		HTTP struct {
			Method, RequestURI string
			ResponseCode       int
		}
		Input, Output struct {
			Shape, ResultWrapper string
			XMLNamespace         struct{ URI string }
		}
		Errors []struct{ Shape string }
	}
	sourceMember struct{ Shape, Location, LocationName string }
	sourceShape  struct {
		Type               string
		Members            map[string]*sourceMember
		Required           []string
		Payload            string
		Member, Key, Value *sourceMember
		Min, Max           *float64
		Pattern            string
		Enum               []string
		TimestampFormat    string
		Error              struct {
			Code           string
			HTTPStatusCode int
		}
	}
)

// read returns the newest model of a service, as botocore or aws-sdk-go names it.
func read(dir, service string) *source {
	files, _ := filepath.Glob(filepath.Join(dir, service, "*", "service-2.json*"))
	if len(files) == 0 {
		files, _ = filepath.Glob(filepath.Join(dir, service, "*", "api-2.json"))
	}
	if len(files) == 0 {
		log.Fatalf("%s: no model of %s", dir, service)
	}
	slices.Sort(files)
	data, err := os.ReadFile(files[len(files)-1])
	if err != nil {
		log.Fatal(err)
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		data = unzip(data)
	}
	s := &source{}
	if err := json.Unmarshal(data, s); err != nil {
		log.Fatalf("%s: %v", files[len(files)-1], err)
	}
	return s
}

func unzip(data []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		log.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		log.Fatal(err)
	}
	return out
}

// convert takes the operations from s, and all shapes that they reach.
func convert(s *source, operations []string) *models.Service {
	m := s.Metadata
	out := &models.Service{
		Version: m.APIVersion, Protocol: m.Protocol, Signing: m.SigningName,
		JSONVersion: m.JSONVersion, TargetPrefix: m.TargetPrefix, Namespace: m.XMLNamespace,
		Operations: make(map[string]*models.Operation),
		Shapes:     make(map[string]*models.Shape),
	}
	if out.Signing == "" {
		out.Signing = m.EndpointPrefix
	}
	for _, name := range operations {
		op := s.Operations[name]
		if op == nil {
			log.Fatalf("%s: no operation %s", m.EndpointPrefix, name)
		}
		out.Operations[name] = convertOperation(op)
		if uri := op.Input.XMLNamespace.URI; uri != "" { // of a service in REST and XML
			out.Namespace = uri
		}
		s.reach(out.Shapes, op.Input.Shape, op.Output.Shape)
		for _, e := range op.Errors {
			s.reach(out.Shapes, e.Shape)
		}
	}
	return out
}

func convertOperation(op *sourceOperation) *models.Operation {
	out := &models.Operation{
		Method: op.HTTP.Method, Path: op.HTTP.RequestURI, Status: op.HTTP.ResponseCode,
		Input: op.Input.Shape, Output: op.Output.Shape, Wrapper: op.Output.ResultWrapper,
	}
	if out.Status == 200 {
		out.Status = 0
	}
	for _, e := range op.Errors {
		out.Errors = append(out.Errors, e.Shape)
	}
	return out
}

// reach adds the named shapes to into, and all that they use.
func (s *source) reach(into map[string]*models.Shape, names ...string) {
	for _, name := range names {
		if name == "" || into[name] != nil {
			continue
		}
		shape := s.Shapes[name]
		into[name] = convertShape(name, shape)
		for _, m := range shape.Members {
			s.reach(into, m.Shape)
		}
		for _, m := range []*sourceMember{shape.Member, shape.Key, shape.Value} {
			if m != nil {
				s.reach(into, m.Shape)
			}
		}
	}
}

func convertShape(name string, s *sourceShape) *models.Shape {
	out := &models.Shape{
		Type: s.Type, Required: s.Required, Payload: s.Payload,
		Member: convertMember("", s.Member), Key: convertMember("", s.Key),
		Value: convertMember("", s.Value), Min: s.Min, Max: s.Max, Pattern: pattern(s.Pattern),
		Enum: s.Enum, Timestamp: s.TimestampFormat, Code: s.Error.Code,
		Status: s.Error.HTTPStatusCode,
	}
	if out.Code == name {
		out.Code = ""
	}
	if s.Type == "string" {
		limit(name, out)
	}
	for member, m := range s.Members {
		if out.Members == nil {
			out.Members = make(map[string]*models.Member)
		}
		out.Members[member] = convertMember(member, m)
	}
	return out
}

func convertMember(name string, m *sourceMember) *models.Member {
	if m == nil {
		return nil
	}
	out := &models.Member{Shape: m.Shape, Location: m.Location, Name: m.LocationName}
	if out.Name == name {
		out.Name = ""
	}
	return out
}

var lengths = regexp.MustCompile(`WithLengthBetween\d+And(\d+)(K?)$`)

// limit takes the lengths that apigatewayv2 has only in the names of its shapes. The lower ones
// do not hold: an empty string removes a parameter.
func limit(name string, s *models.Shape) {
	found := lengths.FindStringSubmatch(name)
	if found == nil || s.Min != nil || s.Max != nil {
		return
	}
	high, _ := strconv.ParseFloat(found[1], 64)
	if found[2] != "" {
		high *= 1024
	}
	s.Max = &high
}

var (
	unicodes   = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)
	surrogates = regexp.MustCompile(`\\uD800\\uDC00-\\uDBFF\\uDFFF`)
	lookbehind = regexp.MustCompile(`\(\?<!\\\.\)$`)
)

// pattern rewrites a pattern in Go's syntax. Everything that Go has no words for is written out
// by hand here; what is still not understood ends the program.
func pattern(p string) string {
	if p == "" {
		return ""
	}
	p = surrogates.ReplaceAllString(p, `\x{10000}-\x{10FFFF}`)
	// sts means all beyond the basic plane, and forgets that \u takes four digits only.
	p = strings.ReplaceAll(p, `\u10000-\u10FFFF`, `\x{10000}-\x{10FFFF}`)
	// lambda: the name of a bucket does not end in a dot.
	p = lookbehind.ReplaceAllString(p, `[0-9A-Za-z\-_]`)
	// lambda: the name of a collection does not begin with "system.".
	p = strings.ReplaceAll(p, `(^(?!(system\x2e)))(^`, `(^`)
	// lambda: a name that is no number.
	p = strings.ReplaceAll(p, `((?!^\d+$)^[0-9a-zA-Z-_]+$)`, `[0-9a-zA-Z-_]*[a-zA-Z-_][0-9a-zA-Z-_]*`)
	p = strings.ReplaceAll(p, `(?!^[0-9]+$)([a-zA-Z0-9-_]+)`, `[0-9a-zA-Z-_]*[a-zA-Z-_][0-9a-zA-Z-_]*`)
	// lambda: some character that is no space.
	p = strings.ReplaceAll(p, `(?!\s*$).+`, `.*\S.*`)
	// acm: a label of a domain name does not begin with a hyphen.
	p = strings.NewReplacer(
		`(?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9]`, `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`,
		`(?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9]`, `[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]`,
	).Replace(p)
	p = unicodes.ReplaceAllString(p, `\x{$1}`)
	if _, err := regexp.Compile(p); err != nil {
		log.Fatalf("pattern %s: %v", p, err)
	}
	return p
}

// format writes a line for each operation and each shape, so that a newer model shows as a
// readable difference.
func format(f *models.File) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"Notice\": %s,\n\"Services\": {", encode(f.Notice))
	for i, name := range sorted(f.Services) {
		s := f.Services[name]
		operations, shapes := s.Operations, s.Shapes
		s.Operations, s.Shapes = nil, nil
		head := strings.TrimSuffix(encode(s), `,"Operations":null,"Shapes":null}`)
		fmt.Fprintf(&b, "%s\n%q: %s,\n\"Operations\": {%s},\n\"Shapes\": {%s}}",
			comma(i), name, head, lines(operations), lines(shapes))
	}
	b.WriteString("}}\n")
	return b.Bytes()
}

func lines[T any](m map[string]T) string {
	var b strings.Builder
	for i, name := range sorted(m) {
		fmt.Fprintf(&b, "%s\n%q: %s", comma(i), name, encode(m[name]))
	}
	return b.String()
}

func sorted[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// encode leaves <, > and & as they are.
func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		log.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}
