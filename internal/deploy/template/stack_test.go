package template_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tyg-dev/tyg"
	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/internal/deploy/template"
	"github.com/tyg-dev/tyg/internal/sigv4"
)

// A stack makes what a CloudFormation template says: the properties of most resources are the
// members of the requests that make them. The account fails the test for a member that AWS does not
// know.
type stack struct {
	*testing.T
	aws       *awstest.Cloud
	url       string
	zip       []byte
	resources map[string]any
	made      map[string]map[string]string // what Ref ("") and Fn::GetAtt answer, by id
}

// object is one of JSON.
type object = map[string]any

// Deploy finds nothing to change in what the template makes, but that it publishes routes by
// itself.
func TestCloudFormationMakesWhatDeployMakes(t *testing.T) {
	for _, app := range []deploy.Application{
		echo(t), chat(t), full(t), triggered(t), requested(t),
	} {
		t.Run(app.Name, func(t *testing.T) {
			s := newStack(t, app)
			for id := range s.resources {
				s.make(id)
			}
			// CloudFormation gives the statements of permissions ids of its own.
			agrees(t, s.aws, s.url, app, deploy.TypePermission)
			live, err := s.aws.Live(s.make("WebsocketAPI")[""], app.API.Stage)
			if err != nil || len(live.Routes) != len(app.API.Routes) {
				t.Errorf("%d of %d routes are live: %v", len(live.Routes), len(app.API.Routes), err)
			}
			vars := live.Routes[tyg.RouteDefault].Function.Environment
			want := s.text("https://${WebsocketAPI}.execute-api.us-west-2.amazonaws.com/api")
			if got := vars["TYG_ENDPOINT"]; got != want {
				t.Errorf("the endpoint is %s, want %s", got, want)
			}
		})
	}
}

func newStack(t *testing.T, app deploy.Application) *stack {
	t.Helper()
	c := awstest.New()
	c.Settle = 0
	c.AllowStageLogs()
	c.AddQueue("jobs", 0)
	c.AddStream("orders")
	c.AddTopic("alarms")
	c.AddBus("shop")
	prepare(t, c)
	srv := httptest.NewServer(c)
	t.Cleanup(func() {
		srv.Close()
		for _, v := range c.Violations() {
			t.Errorf("AWS would not understand: %s", v)
		}
	})
	doc, _ := written(t, writers()[0], app, template.Options{})
	s := &stack{
		t, c, srv.URL, app.Functions[0].Bundle.Zip, at(t, doc, "Resources").(object),
		make(map[string]map[string]string),
	}
	parameters, _ := doc["Parameters"].(object)
	for id, value := range map[string]string{
		"HostedZone": c.AddZone("example.com", false), "OrdersStreamArn": c.AddStream("other"),
	} {
		if parameters[id] != nil {
			s.made[id] = map[string]string{"": value}
		}
	}
	return s
}

// make makes a resource, after those that it needs.
func (s *stack) make(id string) map[string]string {
	s.Helper()
	if made, ok := s.made[id]; ok {
		if made == nil {
			s.Fatalf("%s needs itself", id)
		}
		return made
	}
	s.made[id] = nil
	r := at(s.T, s.resources, id).(object)
	if depends, ok := r["DependsOn"]; ok {
		for _, other := range strs(depends) {
			s.make(other)
		}
	}
	service, kind, _ := strings.Cut(strings.TrimPrefix(r["Type"].(string), "AWS::"), "::")
	p := s.resolve(r["Properties"]).(object)
	switch service {
	case "IAM":
		s.made[id] = s.role(p)
	case "Logs":
		s.made[id] = s.logGroup(p)
	case "Lambda":
		s.made[id] = s.lambda(id, kind, p)
	case "ApiGatewayV2":
		s.made[id] = s.gateway(kind, p)
	case "DynamoDB":
		s.made[id] = s.table(p)
	case "Events":
		s.made[id] = s.rule(p)
	case "SNS":
		s.made[id] = s.subscription(p)
	case "CertificateManager":
		s.made[id] = s.certificate(p)
	case "Route53":
		s.made[id] = s.record(p)
	default:
		s.Fatalf("%s has type %v", id, r["Type"])
	}
	return s.made[id]
}

// resolve answers the functions in a value.
func (s *stack) resolve(v any) any {
	switch v := v.(type) {
	case object:
		if id, ok := v["Ref"].(string); ok {
			return s.make(id)[""]
		}
		if get, ok := v["Fn::GetAtt"]; ok {
			return s.make(strs(get)[0])[strs(get)[1]]
		}
		if text, ok := v["Fn::Sub"].(string); ok {
			return s.text(text)
		}
		out := object{}
		for key, value := range v {
			if text, ok := value.(string); ok && strings.HasPrefix(text, "{{resolve:") {
				value = map[string]string{
					"{{resolve:ssm:/chat/key}}":                                "parameter-value",
					"{{resolve:secretsmanager:chat/db:SecretString:password}}": "secret-value",
				}[text]
			}
			out[key] = s.resolve(value)
		}
		return out
	case []any:
		out := []any{}
		for _, value := range v {
			out = append(out, s.resolve(value))
		}
		return out
	}
	return v
}

func (s *stack) text(text string) string {
	pseudo := map[string]string{
		"AWS::AccountId": awstest.Account, "AWS::Region": awstest.Region, "AWS::Partition": "aws",
		"AWS::URLSuffix": "amazonaws.com",
	}
	return regexp.MustCompile(`\$\{[^}]+\}`).ReplaceAllStringFunc(text, func(ref string) string {
		name := ref[2 : len(ref)-1]
		if value, ok := pseudo[name]; ok {
			return value
		}
		id, attribute, _ := strings.Cut(name, ".")
		return s.make(id)[attribute]
	})
}

func (s *stack) role(p object) map[string]string {
	name := p["RoleName"].(string)
	form := url.Values{
		"Action": {"CreateRole"}, "Version": {"2010-05-08"}, "RoleName": {name},
		"AssumeRolePolicyDocument": {s.json(p["AssumeRolePolicyDocument"])},
	}
	for _, optional := range []string{"Path", "PermissionsBoundary"} {
		if value, ok := p[optional].(string); ok {
			form.Set(optional, value)
		}
	}
	for i, tag := range p["Tags"].([]any) {
		member := "Tags.member." + strconv.Itoa(i+1)
		form.Set(member+".Key", at(s.T, tag, "Key").(string))
		form.Set(member+".Value", at(s.T, tag, "Value").(string))
	}
	s.form(form)
	for _, policy := range p["Policies"].([]any) {
		s.form(url.Values{
			"Action": {"PutRolePolicy"}, "Version": {"2010-05-08"}, "RoleName": {name},
			"PolicyName":     {at(s.T, policy, "PolicyName").(string)},
			"PolicyDocument": {s.json(at(s.T, policy, "PolicyDocument"))},
		})
	}
	path, _ := p["Path"].(string)
	arn := "arn:aws:iam::" + awstest.Account + ":role" + cmp.Or(path, "/") + name
	return map[string]string{"": name, "Arn": arn}
}

func (s *stack) logGroup(p object) map[string]string {
	name := p["LogGroupName"].(string)
	group := object{"logGroupName": name, "tags": tagMap(p["Tags"])}
	if key, ok := p["KmsKeyId"]; ok {
		group["kmsKeyId"] = key
	}
	s.rpc("logs", "Logs_20140328.CreateLogGroup", group)
	if days, ok := p["RetentionInDays"]; ok {
		s.rpc("logs", "Logs_20140328.PutRetentionPolicy",
			object{"logGroupName": name, "retentionInDays": days})
	}
	return map[string]string{"": name}
}

// rule makes a rule and its targets.
func (s *stack) rule(p object) map[string]string {
	targets := p["Targets"]
	delete(p, "Targets")
	if pattern, ok := p["EventPattern"]; ok {
		p["EventPattern"] = s.json(pattern)
	}
	s.rpc("events", "AWSEvents.PutRule", p)
	s.rpc("events", "AWSEvents.PutTargets", object{
		"Rule": p["Name"], "EventBusName": p["EventBusName"], "Targets": targets,
	})
	return map[string]string{"": p["Name"].(string)}
}

// certificate requests a certificate, makes its record in the zone that the template names, and
// waits, as CloudFormation does.
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-certificatemanager-certificate.html)
func (s *stack) certificate(p object) map[string]string {
	zone := at(s.T, p, "DomainValidationOptions", 0, "HostedZoneId")
	delete(p, "DomainValidationOptions")
	var made struct{ CertificateArn string }
	s.answer(&made, s.rpc("acm", "CertificateManager.RequestCertificate", p))
	about := object{"CertificateArn": made.CertificateArn}
	var got struct {
		Certificate struct {
			Status                  string
			DomainValidationOptions []struct {
				ResourceRecord struct{ Name, Type, Value string }
			}
		}
	}
	s.answer(&got, s.rpc("acm", "CertificateManager.DescribeCertificate", about))
	r := got.Certificate.DomainValidationOptions[0].ResourceRecord
	s.record(object{
		"HostedZoneId": zone, "Name": r.Name, "Type": r.Type, "TTL": 300,
		"ResourceRecords": []any{r.Value},
	})
	s.answer(&got, s.rpc("acm", "CertificateManager.DescribeCertificate", about))
	if got.Certificate.Status != "ISSUED" {
		s.Fatalf("the certificate is %s", got.Certificate.Status)
	}
	return map[string]string{"": made.CertificateArn}
}

// record makes a DNS record.
func (s *stack) record(p object) map[string]string {
	body := fmt.Sprintf("<Name>%s</Name><Type>%s</Type>", p["Name"], p["Type"])
	if alias, ok := p["AliasTarget"].(object); ok {
		body += fmt.Sprintf("<AliasTarget><HostedZoneId>%s</HostedZoneId><DNSName>%s</DNSName>"+
			"<EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>",
			alias["HostedZoneId"], alias["DNSName"])
	} else {
		body += fmt.Sprintf("<TTL>%v</TTL><ResourceRecords><ResourceRecord><Value>%s</Value>"+
			"</ResourceRecord></ResourceRecords>", p["TTL"], at(s.T, p, "ResourceRecords", 0))
	}
	body = "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>CREATE</Action>" +
		"<ResourceRecordSet>" + body + "</ResourceRecordSet></Change></Changes></ChangeBatch>" +
		"</ChangeResourceRecordSetsRequest>"
	s.send("POST", "route53", fmt.Sprintf("/2013-04-01/hostedzone/%s/rrset/", p["HostedZoneId"]),
		http.Header{"Content-Type": {"application/xml"}}, body)
	return map[string]string{"": p["Name"].(string)}
}

// answer decodes an answer.
func (s *stack) answer(to any, text []byte) {
	s.Helper()
	if err := json.Unmarshal(text, to); err != nil {
		s.Fatal(err)
	}
}

func (s *stack) subscription(p object) map[string]string {
	form := url.Values{"Action": {"Subscribe"}, "Version": {"2010-03-31"}}
	for _, name := range []string{"TopicArn", "Protocol", "Endpoint"} {
		form.Set(name, p[name].(string))
	}
	if filter, ok := p["FilterPolicy"]; ok {
		form.Set("Attributes.entry.1.key", "FilterPolicy")
		form.Set("Attributes.entry.1.value", s.json(filter))
	}
	s.formOf("sns", form)
	return map[string]string{}
}

func (s *stack) lambda(id, kind string, p object) map[string]string {
	switch kind {
	case "EventSourceMapping":
		p["Tags"] = tagMap(p["Tags"])
		s.rest("POST", "lambda", "/2015-03-31/event-source-mappings", p)
		return map[string]string{}
	case "Url":
		name := p["TargetFunctionArn"].(string)
		path := "/2021-10-31/functions/" + name + "/url"
		if q, ok := p["Qualifier"].(string); ok {
			path += "?Qualifier=" + q
		}
		out := s.rest("POST", "lambda", path, object{"AuthType": p["AuthType"]})
		return map[string]string{"FunctionUrl": out["FunctionUrl"].(string)}
	}
	name := p["FunctionName"].(string)
	path := "/2015-03-31/functions"
	switch kind {
	case "Permission":
		delete(p, "FunctionName")
		p["StatementId"] = id
		s.rest("POST", "lambda", path+"/"+name+"/policy", p)
		return map[string]string{}
	case "Version":
		out := s.rest("POST", "lambda", path+"/"+name+"/versions", object{})
		return map[string]string{"Version": out["Version"].(string)}
	case "Alias":
		delete(p, "FunctionName")
		out := s.rest("POST", "lambda", path+"/"+name+"/aliases", p)
		return map[string]string{"": out["AliasArn"].(string)}
	}
	if p["Code"] != "./"+template.Zip {
		s.Errorf("the code of %s is %v", name, p["Code"])
	}
	reserved := p["ReservedConcurrentExecutions"]
	delete(p, "ReservedConcurrentExecutions")
	if key, ok := p["KmsKeyArn"]; ok {
		p["KMSKeyArn"] = key
		delete(p, "KmsKeyArn")
	}
	p["Code"] = object{"ZipFile": base64.StdEncoding.EncodeToString(s.zip)}
	p["Tags"] = tagMap(p["Tags"])
	s.rest("POST", "lambda", path, p)
	if reserved != nil {
		s.rest("PUT", "lambda", "/2017-10-31/functions/"+name+"/concurrency",
			object{"ReservedConcurrentExecutions": reserved})
	}
	return map[string]string{
		"": name, "Arn": "arn:aws:lambda:" + awstest.Region + ":" + awstest.Account + ":function:" + name,
	}
}

func (s *stack) gateway(kind string, p object) map[string]string {
	paths := map[string]string{
		"Api": "", "Integration": "/{ApiId}/integrations", "Authorizer": "/{ApiId}/authorizers",
		"Route": "/{ApiId}/routes", "RouteResponse": "/{ApiId}/routes/{RouteId}/routeresponses",
		"Stage": "/{ApiId}/stages", "DomainName": "", "ApiMapping": "/{DomainName}/apimappings",
	}
	root := map[string]string{"DomainName": "/v2/domainnames", "ApiMapping": "/v2/domainnames"}[kind]
	if root == "" {
		root = "/v2/apis"
	}
	path := regexp.MustCompile(`\{\w+\}`).ReplaceAllStringFunc(paths[kind], func(m string) string {
		name := m[1 : len(m)-1]
		defer delete(p, name)
		return p[name].(string)
	})
	out := s.rest("POST", "apigateway", root+path, lower(p).(object))
	if kind == "DomainName" {
		at := at(s.T, out, "domainNameConfigurations", 0)
		return map[string]string{
			"":                     out["domainName"].(string),
			"RegionalDomainName":   at.(object)["apiGatewayDomainName"].(string),
			"RegionalHostedZoneId": at.(object)["hostedZoneId"].(string),
		}
	}
	for _, member := range []string{kind + "Id", kind, kind + "Name"} {
		if id, ok := out[strings.ToLower(member[:1])+member[1:]].(string); ok {
			return map[string]string{"": id}
		}
	}
	return map[string]string{}
}

// lower names members as API Gateway does. The keys of maps are not members.
func lower(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for key, value := range v {
			if key != "Tags" && key != "StageVariables" {
				value = lower(value)
			}
			out[strings.ToLower(key[:1])+key[1:]] = value
		}
		return out
	case []any:
		out := []any{}
		for _, value := range v {
			out = append(out, lower(value))
		}
		return out
	}
	return v
}

func (s *stack) table(p object) map[string]string {
	ttl := p["TimeToLiveSpecification"]
	delete(p, "TimeToLiveSpecification")
	recovery := p["PointInTimeRecoverySpecification"]
	delete(p, "PointInTimeRecoverySpecification")
	if stream, ok := p["StreamSpecification"].(object); ok {
		stream["StreamEnabled"] = true
	}
	if encryption, ok := p["SSESpecification"].(object); ok {
		encryption["Enabled"] = encryption["SSEEnabled"]
		delete(encryption, "SSEEnabled")
	}
	var made struct {
		TableDescription struct{ LatestStreamArn string }
	}
	s.answer(&made, s.rpc("dynamodb", "DynamoDB_20120810.CreateTable", p))
	if recovery != nil {
		s.rpc("dynamodb", "DynamoDB_20120810.UpdateContinuousBackups",
			object{"TableName": p["TableName"], "PointInTimeRecoverySpecification": recovery})
	}
	if ttl != nil {
		s.rpc("dynamodb", "DynamoDB_20120810.UpdateTimeToLive",
			object{"TableName": p["TableName"], "TimeToLiveSpecification": ttl})
	}
	return map[string]string{
		"": p["TableName"].(string), "StreamArn": made.TableDescription.LatestStreamArn,
	}
}

func tagMap(tags any) map[string]string {
	all := make(map[string]string)
	for _, tag := range tags.([]any) {
		tag := tag.(object)
		all[tag["Key"].(string)] = tag["Value"].(string)
	}
	return all
}

func (s *stack) json(v any) string {
	s.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		s.Fatal(err)
	}
	return string(text)
}

func (s *stack) form(form url.Values) {
	s.Helper()
	s.formOf("iam", form)
}

func (s *stack) formOf(service string, form url.Values) {
	s.Helper()
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	s.send("POST", service, "/", h, form.Encode())
}

func (s *stack) rpc(service, target string, input object) []byte {
	s.Helper()
	version := map[string]string{
		"logs": "1.1", "events": "1.1", "acm": "1.1", "dynamodb": "1.0",
	}[service]
	h := http.Header{"Content-Type": {"application/x-amz-json-" + version}, "X-Amz-Target": {target}}
	return s.send("POST", service, "/", h, s.json(input))
}

func (s *stack) rest(method, service, path string, input object) object {
	s.Helper()
	h := http.Header{"Content-Type": {"application/json"}}
	var out object
	if err := json.Unmarshal(s.send(method, service, path, h, s.json(input)), &out); err != nil {
		s.Fatal(err)
	}
	return out
}

// send makes a call, which must do well.
func (s *stack) send(method, service, path string, h http.Header, body string) []byte {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path,
		strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header = h
	id, secret := s.aws.Key()
	key := sigv4.Credentials{AccessKeyID: id, SecretAccessKey: secret}
	sigv4.Sign(r, []byte(body), key, awstest.Region, service, time.Now())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		s.Fatalf("%s %s %s: %s %v\n%s", service, method, path, text, err, body)
	}
	return text
}
