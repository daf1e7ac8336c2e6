package application

import (
	"reflect"
	"testing"

	"github.com/tyg-dev/tyg/cmd/internal/project"
	"github.com/tyg-dev/tyg/internal/deploy"
	"github.com/tyg-dev/tyg/rooms/dynamo"
)

func TestTables(t *testing.T) {
	app := mustApplication(t, `{
		"tables": {
			"rooms": {"partition_key": {"name": "PK"}, "sort_key": {"name": "SK", "type": "N"},
				"ttl_attribute": "expires", "environment_variable": "ROOMS", "actions": ["Query"],
				"deletion_protection": true, "tags": {"a": "b"},
				"indexes": {"by": {"partition_key": {"name": "SK", "type": "N"},
					"read_capacity": 1, "write_capacity": 2}},
				"read_capacity": 3, "write_capacity": 4},
			"users": {"partition_key": {"name": "id"}, "environment_variable": "USERS"}
		},
		"stages": {"dev": {"tables": {
			"users": {"partition_key": {"name": "id"}, "environment_variable": "PEOPLE",
				"table_name": "people"}
		}}}
	}`, describing("$default"))
	want := []deploy.Table{
		{
			LogicalName: "rooms", Name: "demo-dev-rooms", Variable: "ROOMS",
			PartitionKey: deploy.Attribute{Name: "PK", Type: "S"}, SortKey: deploy.Attribute{
				Name: "SK",
				Type: "N",
			},
			Indexes: []deploy.Index{{
				Name: "by", PartitionKey: deploy.Attribute{
					Name: "SK",
					Type: "N",
				}, ReadCapacity: 1, WriteCapacity: 2,
			}},
			ReadCapacity: 3, WriteCapacity: 4, TTLAttribute: "expires", DeletionProtection: new(true),
			Actions: []string{"Query"}, Tags: map[string]string{"a": "b"},
		},
		{
			LogicalName: "users", Name: "people", Variable: "PEOPLE",
			PartitionKey: deploy.Attribute{Name: "id", Type: "S"},
		},
	}
	if !reflect.DeepEqual(app.Tables, want) {
		t.Errorf("tables are\n%+v, want\n%+v", app.Tables, want)
	}
}

// The table of a new chat is the one that its program reads.
func TestTableOfANewChat(t *testing.T) {
	app := mustApplication(t, string(project.NewConfig("chat", "my-chat")), describing("$default"))
	want := []deploy.Table{{
		LogicalName: "rooms", Name: "my-chat-dev-rooms", Variable: "TABLE",
		PartitionKey: deploy.Attribute{Name: dynamo.PartitionKey, Type: "S"},
		SortKey: deploy.Attribute{
			Name: dynamo.SortKey,
			Type: "S",
		}, TTLAttribute: dynamo.TTLAttribute,
	}}
	if !reflect.DeepEqual(app.Tables, want) {
		t.Errorf("tables are\n%+v, want\n%+v", app.Tables, want)
	}
	c, err := project.ParseConfig(project.NewConfig("chat", "my-chat"))
	if err != nil {
		t.Fatal(err)
	}
	if vars := c.Environ("dev"); len(vars) > 0 {
		t.Errorf("tyg local would set %q", vars)
	}
}
