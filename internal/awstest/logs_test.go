package awstest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

func TestLogGroups(t *testing.T) {
	c, cfg := start(t)
	logs := cloudwatchlogs.NewFromConfig(cfg)
	for _, name := range []string{"/aws/lambda/x", "/aws/lambda/x-1", "/aws/lambda/x-2", "/other"} {
		wantCode(t, "create", createGroup(t, cfg, name), "")
	}
	wantCode(t, "create twice", createGroup(t, cfg, "/other"), "ResourceAlreadyExistsException")

	var found []string
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(logs, &cloudwatchlogs.DescribeLogGroupsInput{
		LogGroupNamePrefix: aws.String("/aws/lambda/x"),
	})
	n := 0
	for ; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range out.LogGroups {
			found = append(found, *g.LogGroupName)
		}
	}
	want := []string{"/aws/lambda/x", "/aws/lambda/x-1", "/aws/lambda/x-2"}
	if !slices.Equal(found, want) || n != 2 {
		t.Errorf("%d pages with %v, want 2 with %v", n, found, want)
	}

	_, err := logs.DeleteLogGroup(t.Context(),
		&cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("/other")})
	wantCode(t, "delete", err, "")
	_, err = logs.DeleteLogGroup(t.Context(),
		&cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("/other")})
	wantCode(t, "delete twice", err, "ResourceNotFoundException")
	if got := len(c.Resources()); got != 3 {
		t.Errorf("%v, want 3 groups", c.Resources())
	}
}

func TestDescribeLogGroups(t *testing.T) {
	_, cfg := start(t)
	logs := cloudwatchlogs.NewFromConfig(cfg)
	_, err := logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: aws.String("/a/rare"), LogGroupClass: types.LogGroupClassInfrequentAccess,
	})
	wantCode(t, "create", err, "")
	wantCode(t, "create", createGroup(t, cfg, "/a/usual"), "")
	out, err := logs.DescribeLogGroups(t.Context(),
		&cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("rare")})
	if err != nil || len(out.LogGroups) != 1 ||
		out.LogGroups[0].LogGroupClass != types.LogGroupClassInfrequentAccess {
		t.Errorf("by pattern: %+v, %v, want /a/rare alone", out, err)
	}
	_, err = logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{
		LogGroupNamePattern: aws.String("rare"), LogGroupNamePrefix: aws.String("/a"),
	})
	wantCode(t, "pattern and prefix", err, "InvalidParameterException")
}

func TestRetention(t *testing.T) {
	_, cfg := start(t)
	logs := cloudwatchlogs.NewFromConfig(cfg)
	put := func(name string, days int32) error {
		_, err := logs.PutRetentionPolicy(t.Context(), &cloudwatchlogs.PutRetentionPolicyInput{
			LogGroupName: &name, RetentionInDays: &days,
		})
		return err
	}
	wantCode(t, "no group", put("g", 7), "ResourceNotFoundException")
	wantCode(t, "create", createGroup(t, cfg, "g"), "")
	wantCode(t, "8 days", put("g", 8), "InvalidParameterException")
	wantCode(t, "7 days", put("g", 7), "")
	if got := describeGroup(t, logs).RetentionInDays; got == nil || *got != 7 {
		t.Errorf("retention %v, want 7", got)
	}
	_, err := logs.DeleteRetentionPolicy(t.Context(),
		&cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: aws.String("g")})
	wantCode(t, "delete", err, "")
	if got := describeGroup(t, logs).RetentionInDays; got != nil {
		t.Errorf("retention %d, want none", *got)
	}
}

// describeGroup returns the first log group.
func describeGroup(t *testing.T, logs *cloudwatchlogs.Client) types.LogGroup {
	t.Helper()
	out, err := logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil || len(out.LogGroups) == 0 {
		t.Fatalf("describe: %v, %v", out, err)
	}
	return out.LogGroups[0]
}

func TestLogTags(t *testing.T) {
	_, cfg := start(t)
	logs := cloudwatchlogs.NewFromConfig(cfg)
	_, err := logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: aws.String("g"), Tags: map[string]string{"a": "1"},
	})
	wantCode(t, "create", err, "")
	g := describeGroup(t, logs)
	_, err = logs.TagResource(t.Context(), &cloudwatchlogs.TagResourceInput{
		ResourceArn: g.LogGroupArn, Tags: map[string]string{"b": "2"},
	})
	wantCode(t, "tag", err, "")
	_, err = logs.UntagResource(t.Context(), &cloudwatchlogs.UntagResourceInput{
		ResourceArn: g.LogGroupArn, TagKeys: []string{"a"},
	})
	wantCode(t, "untag", err, "")
	out, err := logs.ListTagsForResource(t.Context(),
		&cloudwatchlogs.ListTagsForResourceInput{ResourceArn: g.LogGroupArn})
	if err != nil || fmt.Sprint(out.Tags) != "map[b:2]" {
		t.Errorf("%v, %v, want b=2", out, err)
	}
}

// fill makes the group g with two streams, whose events are at 10, 20, 30 and so on in turn.
func fill(t *testing.T, logs *cloudwatchlogs.Client, messages ...string) {
	t.Helper()
	_, err := logs.CreateLogGroup(t.Context(),
		&cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("g")})
	wantCode(t, "create", err, "")
	for i := range min(2, len(messages)) {
		var events []types.InputLogEvent
		for j := i; j < len(messages); j += 2 {
			events = append(events, types.InputLogEvent{
				Message: &messages[j], Timestamp: aws.Int64(int64(j+1) * 10),
			})
		}
		put(t, logs, fmt.Sprintf("stream-%d", i), events)
	}
}

func put(t *testing.T, logs *cloudwatchlogs.Client, stream string, events []types.InputLogEvent) {
	t.Helper()
	_, err := logs.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{
		LogGroupName: aws.String("g"), LogStreamName: &stream,
	})
	wantCode(t, "create stream", err, "")
	_, err = logs.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: aws.String("g"), LogStreamName: &stream, LogEvents: events,
	})
	wantCode(t, "put", err, "")
}

// filter returns the messages that in finds, and how many pages they had.
func filter(
	t *testing.T, logs *cloudwatchlogs.Client, in *cloudwatchlogs.FilterLogEventsInput,
) ([]string, int) {
	t.Helper()
	in.LogGroupName = aws.String("g")
	var found []string
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(logs, in)
	n := 0
	for ; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range out.Events {
			found = append(found, *e.Message)
		}
	}
	return found, n
}

func TestFilterLogEvents(t *testing.T) {
	_, cfg := start(t)
	logs := cloudwatchlogs.NewFromConfig(cfg)
	fill(t, logs, "START a", "ERROR one", "WARN two", "ERROR b-c", "END")
	tests := []struct {
		name  string
		in    cloudwatchlogs.FilterLogEventsInput
		want  string
		pages int
	}{
		{"all", cloudwatchlogs.FilterLogEventsInput{}, "START a|ERROR one|WARN two|ERROR b-c|END", 4},
		{"from", cloudwatchlogs.FilterLogEventsInput{StartTime: aws.Int64(40)}, "ERROR b-c|END", 1},
		{"until", cloudwatchlogs.FilterLogEventsInput{EndTime: aws.Int64(20)}, "START a|ERROR one", 1},
		{"stream", cloudwatchlogs.FilterLogEventsInput{
			LogStreamNames: []string{"stream-1"},
		}, "ERROR one|ERROR b-c", 1},
		{"prefix", cloudwatchlogs.FilterLogEventsInput{
			LogStreamNamePrefix: aws.String("stream-1"),
		}, "ERROR one|ERROR b-c", 1},
		{"small pages", cloudwatchlogs.FilterLogEventsInput{
			Limit: aws.Int32(1), FilterPattern: aws.String("ERROR"),
		}, "ERROR one|ERROR b-c", 2},
		{"both terms", cloudwatchlogs.FilterLogEventsInput{
			FilterPattern: aws.String("ERROR one"),
		}, "ERROR one", 1},
		{"either term", cloudwatchlogs.FilterLogEventsInput{
			FilterPattern: aws.String("?WARN ?END"),
		}, "WARN two|END", 1},
		{"without", cloudwatchlogs.FilterLogEventsInput{
			FilterPattern: aws.String(`ERROR -one`),
		}, "ERROR b-c", 1},
		{"quoted", cloudwatchlogs.FilterLogEventsInput{
			FilterPattern: aws.String(`"b-c"`),
		}, "ERROR b-c", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, pages := filter(t, logs, &tt.in)
			if got := strings.Join(found, "|"); got != tt.want || pages != tt.pages {
				t.Errorf("%d pages with %q, want %d with %q", pages, got, tt.pages, tt.want)
			}
		})
	}
}

func TestFilterLogEventsRefuses(t *testing.T) {
	_, cfg := start(t)
	logs := cloudwatchlogs.NewFromConfig(cfg)
	fill(t, logs, "x")
	name := aws.String("g")
	tests := []struct {
		in   cloudwatchlogs.FilterLogEventsInput
		code string
	}{
		{cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: aws.String("no"),
		}, "ResourceNotFoundException"},
		{cloudwatchlogs.FilterLogEventsInput{}, "InvalidParameterException"},
		{cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: name, FilterPattern: aws.String("b-c"),
		}, "InvalidParameterException"},
		{cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: name, FilterPattern: aws.String(`"open`),
		}, "InvalidParameterException"},
		{cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: name, LogStreamNames: []string{"no"},
		}, "ResourceNotFoundException"},
		{cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: name, LogStreamNames: []string{"stream-0"}, LogStreamNamePrefix: name,
		}, "InvalidParameterException"},
	}
	for i, tt := range tests {
		_, err := logs.FilterLogEvents(t.Context(), &tt.in)
		wantCode(t, fmt.Sprint("case ", i), err, tt.code)
	}
}

func TestPutLogEventsRefuses(t *testing.T) {
	_, cfg := start(t)
	logs := cloudwatchlogs.NewFromConfig(cfg)
	fill(t, logs, "x", "y")
	put := func(stream string, times ...int64) error {
		var events []types.InputLogEvent
		for _, at := range times {
			events = append(events, types.InputLogEvent{Message: aws.String("m"), Timestamp: &at})
		}
		_, err := logs.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{
			LogGroupName: aws.String("g"), LogStreamName: &stream, LogEvents: events,
		})
		return err
	}
	wantCode(t, "order", put("stream-0", 2, 1), "InvalidParameterException")
	wantCode(t, "stream", put("none", 1), "ResourceNotFoundException")
	_, err := logs.CreateLogStream(t.Context(), &cloudwatchlogs.CreateLogStreamInput{
		LogGroupName: aws.String("g"), LogStreamName: aws.String("stream-0"),
	})
	wantCode(t, "stream again", err, "ResourceAlreadyExistsException")
}
