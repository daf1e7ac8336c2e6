package deploy_test

import (
	"context"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
)

// A tagged is a resource with tags.
type tagged struct {
	tag  func(ctx context.Context, key, value string) error
	tags func(ctx context.Context) (map[string]string, error)
}

// tagged returns one resource of each kind that [everything] has tags on, by its kind.
func (r *rig) tagged(t *testing.T) map[string]tagged {
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	api, _ := state.Find(deploy.TypeAPI, "websocket_api")
	gateway := "arn:aws:apigateway:us-west-2::/"
	const account, function = "us-west-2:123456789012:", "chat-dev-websocket_message"
	return map[string]tagged{
		"function":  r.taggedFunction("arn:aws:lambda:" + account + "function:" + function),
		"role":      r.taggedRole("chat-dev"),
		"log group": r.taggedLogs("arn:aws:logs:" + account + "log-group:/aws/lambda/" + function),
		"table":     r.taggedTable("arn:aws:dynamodb:" + account + "table/" + roomsTable),
		"API":       r.taggedGateway(gateway + "apis/" + api.APIID),
		"stage":     r.taggedGateway(gateway + "apis/" + api.APIID + "/stages/api"),
		"domain":    r.taggedGateway(gateway + "domainnames/chat.example.com"),
	}
}

func (r *rig) taggedFunction(arn string) tagged {
	c := lambda.NewFromConfig(r.config())
	return tagged{
		func(ctx context.Context, key, value string) error {
			_, err := c.TagResource(ctx, &lambda.TagResourceInput{
				Resource: &arn, Tags: map[string]string{key: value},
			})
			return err
		},
		func(ctx context.Context) (map[string]string, error) {
			out, err := c.ListTags(ctx, &lambda.ListTagsInput{Resource: &arn})
			if err != nil {
				return nil, err
			}
			return out.Tags, nil
		},
	}
}

func (r *rig) taggedRole(name string) tagged {
	c := iam.NewFromConfig(r.config())
	return tagged{
		func(ctx context.Context, key, value string) error {
			_, err := c.TagRole(ctx, &iam.TagRoleInput{
				RoleName: &name, Tags: []iamtypes.Tag{{Key: &key, Value: &value}},
			})
			return err
		},
		func(ctx context.Context) (map[string]string, error) {
			out, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
			if err != nil {
				return nil, err
			}
			tags := make(map[string]string)
			for _, tag := range out.Role.Tags {
				tags[*tag.Key] = *tag.Value
			}
			return tags, nil
		},
	}
}

func (r *rig) taggedLogs(arn string) tagged {
	c := cloudwatchlogs.NewFromConfig(r.config())
	return tagged{
		func(ctx context.Context, key, value string) error {
			_, err := c.TagResource(ctx, &cloudwatchlogs.TagResourceInput{
				ResourceArn: &arn, Tags: map[string]string{key: value},
			})
			return err
		},
		func(ctx context.Context) (map[string]string, error) {
			out, err := c.ListTagsForResource(ctx,
				&cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &arn})
			if err != nil {
				return nil, err
			}
			return out.Tags, nil
		},
	}
}

func (r *rig) taggedTable(arn string) tagged {
	c := r.dynamo()
	return tagged{
		func(ctx context.Context, key, value string) error {
			_, err := c.TagResource(ctx, &dynamodb.TagResourceInput{
				ResourceArn: &arn, Tags: []dynamotypes.Tag{{Key: &key, Value: &value}},
			})
			return err
		},
		func(ctx context.Context) (tags map[string]string, err error) {
			for range 3 { // they lag behind
				tags = make(map[string]string)
				for next := ""; ; {
					in := &dynamodb.ListTagsOfResourceInput{ResourceArn: &arn}
					if next != "" {
						in.NextToken = &next
					}
					out, err := c.ListTagsOfResource(ctx, in)
					if err != nil {
						return nil, err
					}
					for _, tag := range out.Tags {
						tags[*tag.Key] = *tag.Value
					}
					if next = aws.ToString(out.NextToken); next == "" {
						break
					}
				}
			}
			return tags, nil
		},
	}
}

func (r *rig) taggedGateway(arn string) tagged {
	c := apigatewayv2.NewFromConfig(r.config())
	return tagged{
		func(ctx context.Context, key, value string) error {
			_, err := c.TagResource(ctx, &apigatewayv2.TagResourceInput{
				ResourceArn: &arn, Tags: map[string]string{key: value},
			})
			return err
		},
		func(ctx context.Context) (map[string]string, error) {
			out, err := c.GetTags(ctx, &apigatewayv2.GetTagsInput{ResourceArn: &arn})
			if err != nil {
				return nil, err
			}
			return out.Tags, nil
		},
	}
}

// TestForeignTagsStay has a program of the account's put a tag on a resource of each kind, while
// the application's own tags come and go.
func TestForeignTagsStay(t *testing.T) {
	r := newRig(t)
	app := everything(t) // has the tag "team"
	must(t, r.deploy(t.Context(), app))
	all := r.tagged(t)
	for kind, res := range all {
		if err := res.tag(t.Context(), "CreatedBy", "billing"); err != nil {
			t.Fatalf("tag the %s: %v", kind, err)
		}
		if have, err := res.tags(t.Context()); err != nil || have["team"] != "tea" {
			t.Errorf("the %s has %v, %v, want team", kind, have, err)
		}
	}
	r.settled(t, app)
	app.Tags = map[string]string{"cost": "low"}
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	for kind, res := range all {
		have, err := res.tags(t.Context())
		must(t, err)
		want := map[string]string{
			"CreatedBy": "billing", "cost": "low", "tyg": have["tyg"],
		}
		if !maps.Equal(have, want) || want["tyg"] == "" {
			t.Errorf("the tags of the %s are %v, want %v", kind, have, want)
		}
	}
}

// TestTagsOfATableThatLag: DynamoDB shows tags some seconds after they were written. A deploy whose
// process dies after it has made a table goes on with the table, and does not take it for one of
// another owner, which it would never delete.
func TestTagsOfATableThatLag(t *testing.T) {
	for name, fault := range map[string]awstest.Fault{
		"no fault": awstest.None, "the answer is lost once": awstest.LoseOnce,
		"the answer is lost": awstest.Lose,
	} {
		t.Run(name, func(t *testing.T) {
			r, app := newRig(t), everything(t)
			r.aws.Settle = 3 // the first reads have the old tags
			r.aws.SetFault(func(_ int, _, operation string) awstest.Fault {
				if operation == "CreateTable" {
					return fault
				}
				return awstest.None
			})
			err := r.deploy(t.Context(), app)
			if fails := fault == awstest.Lose; (err != nil) != fails {
				t.Fatalf("the first deploy: %v", err)
			}
			r.aws.SetFault(nil)
			if err == nil {
				r.settled(t, app)
			}
			must(t, r.deploy(t.Context(), app))
			r.settled(t, app)
			state, err := deploy.ReadState(t.Context(), r.store())
			must(t, err)
			if res, ok := state.Find(deploy.TypeTable, "rooms"); !ok || res.Adopted || res.Pending {
				t.Errorf("the table is %+v, %v in the state", res, ok)
			}
			for _, tags := range []map[string]string{{"team": "tea", "cost": "low"}, nil} {
				app.Tags = tags
				must(t, r.deploy(t.Context(), app))
				r.settled(t, app)
			}
			must(t, r.delete(t.Context(), app))
			r.empty(t)
		})
	}
}

// TestTableByHandIsAdoptedAtOnce: a table without the tag is adopted, also if it is so new that its
// tags might not be visible yet.
func TestTableByHandIsAdoptedAtOnce(t *testing.T) {
	r, app := newRig(t), everything(t)
	r.tableByHand(t, dynamotypes.ScalarAttributeTypeS)
	must(t, r.deploy(t.Context(), app))
	state, err := deploy.ReadState(t.Context(), r.store())
	must(t, err)
	if res, _ := state.Find(deploy.TypeTable, "rooms"); !res.Adopted {
		t.Errorf("the table is %+v in the state", res)
	}
	must(t, r.delete(t.Context(), app))
	if _, err := r.dynamo().DescribeTable(t.Context(),
		&dynamodb.DescribeTableInput{TableName: aws.String(roomsTable)}); err != nil {
		t.Errorf("the table by hand is gone: %v", err)
	}
}
