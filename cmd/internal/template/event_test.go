package template_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/template"
)

const streamARN = "arn:aws:dynamodb:us-east-1:000000000000:table/things/stream/local"

// notes are the notes of a result, one a line.
func notes(r template.Result) string { return strings.Join(r.Notes, "\n") }

// TestEventsOfServerless: functions that get the changes of a table, or messages, are triggers.
func TestEventsOfServerless(t *testing.T) {
	r := read(t, write(t, "serverless.yml", `service: x
provider:
  name: aws
  runtime: python3.12
  environment: {NAME: "t-#{AWS::AccountId}-#{AWS::Region}", OTHER: "#{AWS::None}"}
functions:
  ws:
    handler: app.ws
    environment:
      KEY: "${ssm:/key}"
      SET: "${ssm:/set}"
    events: [{websocket: $default}]
  tell:
    handler: app.tell
    events:
      - stream: {type: dynamodb, batchSize: 5, arn: {"Fn::GetAtt": [Things, StreamArn]}}
      - sqs: arn:aws:sqs:eu-west-1:123456789012:jobs
  text:
    handler: app.text
    events: [{stream: "arn:aws:dynamodb:eu-west-1:1:table/other/stream/2023"}, {http: GET /}]
  kinesis: {handler: app.k, events: [{stream: "arn:aws:kinesis:eu-west-1:1:stream/s"}]}
  jobs: {handler: app.jobs, events: [{sqs: {arn: "arn:aws:sqs:eu-west-1:1:jobs", batchSize: 1}}]}
  news: {handler: app.news, events: [{sns: {arn: "arn:aws:sns:eu-west-1:1:news"}}]}
  nightly: {handler: app.nightly, events: [{schedule: rate(1 day)}]}
  lost: {handler: app.lost, events: [{sns: "${cf:x.y}"}, {sqs: "${cf:x.y}"}]}
resources:
  Resources:
    Things:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: things
        KeySchema: [{AttributeName: id, KeyType: HASH}]
        AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
        StreamSpecification: {StreamViewType: NEW_IMAGE}
`), template.Options{Getenv: func(name string) string {
		return map[string]string{"SET": "here"}[name]
	}})
	all := r.Config.Triggers
	if len(all) != 4 || all["tell"].DynamoDB != streamARN || all["tell"].BatchSize != 5 ||
		!strings.HasSuffix(all["text"].DynamoDB, ":table/other/stream/2023") ||
		!strings.HasSuffix(all["jobs"].SQS, ":jobs") || all["jobs"].BatchSize != 1 ||
		!strings.HasSuffix(all["news"].SNS, ":news") {
		t.Errorf("the triggers are %+v", all)
	}
	for _, want := range []string{
		"function tell gets no events of arn:aws:sqs:eu-west-1:123456789012:jobs here: it has another " +
			"source",
		"function nightly has a schedule, which does not run here; call it by: tyg invoke --local " +
			"--name nightly --scheduled",
		"function lost misses a source of events: ",
		"function ws misses KEY, which you can set in the environment: ",
		"the variable ${ssm:/key} is not resolved here; use ${env:…}",
	} {
		if !strings.Contains(notes(r), want) {
			t.Errorf("the notes lack %q:\n%s", want, notes(r))
		}
	}
	if strings.Contains(notes(r), "misses SET") {
		t.Errorf("a variable of the environment is missed:\n%s", notes(r))
	}
	env := r.Config.Functions["ws"].Environment
	if env["NAME"].Text != "t-000000000000-us-east-1" || env["OTHER"].Text != "#{AWS::None}" {
		t.Errorf("the variables are %v", env)
	}
	if got := r.Config.Tables["Things"].Stream; got != "NEW_IMAGE" {
		t.Errorf("the stream of the table is %q", got)
	}
	if got := string(r.Tables[0].Request); !strings.Contains(got,
		`"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}`) {
		t.Errorf("the table is made by %s", got)
	}
}

// TestEventsOfSAM: the same in a template of SAM, and by a mapping of CloudFormation.
func TestEventsOfSAM(t *testing.T) {
	text := example(t, "sam.yaml") + `
  Tell:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.tell
      Runtime: python3.12
      CodeUri: src/
      Events:
        Changes:
          Type: DynamoDB
          Properties: {Stream: !GetAtt ConnectionsTable.StreamArn, BatchSize: 7}
        Clock: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
  News:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.news
      Runtime: python3.12
      CodeUri: src/
      Events: {Topic: {Type: SNS, Properties: {Topic: !Ref Missing}}}
  Plain:
    Type: AWS::Lambda::Function
    Properties: {Handler: app.p, Runtime: python3.12, Code: src/}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: !Ref Plain, EventSourceArn: !GetAtt ConnectionsTable.StreamArn}
  Built:
    Type: AWS::Serverless::Function
    Properties: {Handler: hello, Runtime: go1.x, CodeUri: bin/}
`
	if !strings.Contains(example(t, "sam.yaml"), "\nResources:") ||
		strings.Contains(example(t, "sam.yaml"), "\nOutputs:") {
		t.Fatal("the template has no resources at its end")
	}
	path := write(t, "template.yaml", text)
	r := read(t, path, template.Options{})
	all := r.Config.Triggers
	if len(all) != 2 || !strings.HasSuffix(all["Tell"].DynamoDB, "/stream/local") ||
		all["Tell"].BatchSize != 7 || all["Plain"].DynamoDB != all["Tell"].DynamoDB {
		t.Errorf("the triggers are %+v", all)
	}
	if !strings.Contains(notes(r), "function Tell has a schedule") ||
		!strings.Contains(notes(r), "function News misses a source of events: "+path) {
		t.Errorf("the notes are %s", notes(r))
	}
	built := r.Config.Functions["Built"]
	if built.Directory != "" || built.Handler != "bin/hello" {
		t.Errorf("a program in a directory that is still to be made is %+v", built)
	}
	if err := os.Mkdir(filepath.Join(filepath.Dir(path), "bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	built = read(t, path, template.Options{}).Config.Functions["Built"]
	if built.Directory != "bin/" || built.Handler != "hello" {
		t.Errorf("a program in a directory is %+v", built)
	}
}
