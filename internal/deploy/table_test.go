package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/tyg-dev/tyg/internal/awstest"
	"github.com/tyg-dev/tyg/internal/deploy"
)

const roomsTable = "chat-dev-rooms"

func (r *rig) dynamo() *dynamodb.Client { return dynamodb.NewFromConfig(r.config()) }

// table returns a table as AWS has it.
func (r *rig) table(t *testing.T) *types.TableDescription {
	t.Helper()
	out, err := r.dynamo().DescribeTable(t.Context(), &dynamodb.DescribeTableInput{
		TableName: aws.String(roomsTable),
	})
	must(t, err)
	return out.Table
}

func (r *rig) ttl(t *testing.T) string {
	t.Helper()
	out, err := r.dynamo().DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{
		TableName: aws.String(roomsTable),
	})
	must(t, err)
	return aws.ToString(out.TimeToLiveDescription.AttributeName)
}

// tableByHand makes the table as the tutorial's own script would.
func (r *rig) tableByHand(t *testing.T, sort types.ScalarAttributeType) {
	t.Helper()
	units := &types.ProvisionedThroughput{
		ReadCapacityUnits:  aws.Int64(5),
		WriteCapacityUnits: aws.Int64(5),
	}
	keys := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{
			{AttributeName: &hash, KeyType: types.KeyTypeHash}, {
				AttributeName: &sort,
				KeyType:       types.KeyTypeRange,
			},
		}
	}
	_, err := r.dynamo().CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(roomsTable), KeySchema: keys("PK", "SK"), ProvisionedThroughput: units,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("PK"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("SK"), AttributeType: sort},
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("ReverseLookup"), KeySchema: keys("SK",
				"PK"), ProvisionedThroughput: units,
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}},
	})
	must(t, err)
}

// TestT47DeployWaitsForTables is about the set-up script of the tutorial, which fails the
// second time, and does not wait.
func TestT47DeployWaitsForTables(t *testing.T) {
	r := newRig(t)
	r.aws.Settle = 3
	must(t, r.deploy(t.Context(), everything(t)))
	if !slices.Contains(r.printed, "Creating table: "+roomsTable) {
		t.Errorf("it said %q", r.printed)
	}
	table := r.table(t)
	if table.TableStatus != types.TableStatusActive || len(table.GlobalSecondaryIndexes) != 1 ||
		r.ttl(t) != "expires" {
		t.Errorf("the table is %s, with %d indexes", table.TableStatus, len(table.GlobalSecondaryIndexes))
	}
	r.settled(t, everything(t))
}

func TestT40TablesArePaidByRequest(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	if got := r.table(t).BillingModeSummary; got == nil ||
		got.BillingMode != types.BillingModePayPerRequest {
		t.Errorf("billing is %v", got)
	}
}

func TestTableIsChanged(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	app.Tables[0].Indexes = nil
	must(t, r.deploy(t.Context(), app))
	app = everything(t)
	table := &app.Tables[0]
	table.ReadCapacity, table.WriteCapacity, table.DeletionProtection = 3, 2, new(true)
	table.Indexes = append(table.Indexes, deploy.Index{
		Name: "ByAge", PartitionKey: deploy.Attribute{Name: "PK"},
		SortKey: deploy.Attribute{Name: "age", Type: "N"}, WriteCapacity: 9,
	})
	must(t, r.deploy(t.Context(), app))
	got := r.table(t)
	if *got.ProvisionedThroughput.ReadCapacityUnits != 3 || !*got.DeletionProtectionEnabled ||
		len(got.GlobalSecondaryIndexes) != 2 {
		t.Errorf("the table has %v and %d "+
			"indexes", got.ProvisionedThroughput, len(got.GlobalSecondaryIndexes))
	}
	r.settled(t, app)
	table.Indexes[1].WriteCapacity, table.DeletionProtection = 1, new(false)
	table.Tags = tags("colour", "blue")
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
	app = everything(t)
	app.Tables[0].OnDemand = true
	must(t, r.deploy(t.Context(), app))
	if got := r.table(t).BillingModeSummary.BillingMode; got != types.BillingModePayPerRequest {
		t.Errorf("billing is %s", got)
	}
	r.settled(t, app)
}

func TestTimeToLiveMoves(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	app := everything(t)
	app.Tables[0].TTLAttribute = "until"
	for range 4 {
		must(t, r.deploy(t.Context(), app))
	}
	if got := r.ttl(t); got != "until" {
		t.Errorf("items expire by %q, want until", got)
	}
	r.settled(t, app)
	app.Tables[0].TTLAttribute = ""
	must(t, r.deploy(t.Context(), app))
	r.settled(t, app)
}

// TestTimeToLiveOnceAnHour changes time to live when AWS does not let it yet.
func TestTimeToLiveOnceAnHour(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	app.Tables[0].TTLAttribute = ""
	must(t, r.deploy(t.Context(), app))
	before, err := r.plan(t, everything(t))
	must(t, err)
	r.aws.Settle = 100
	_, err = r.dynamo().UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(roomsTable), TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String("x"), Enabled: aws.Bool(true),
		},
	})
	must(t, err)
	after, err := r.plan(t, everything(t))
	must(t, err)
	if text := strings.Join(after.Warnings, "\n"); !strings.Contains(text, "an hour") {
		t.Errorf("warnings are %q", after.Warnings)
	}
	d, err := r.deployer(t.Context())
	must(t, err)
	must(t, d.Apply(t.Context(), before))
	if text := strings.Join(r.printed, "\n"); !strings.Contains(text, "once an hour") {
		t.Errorf("it said %q", r.printed)
	}
}

func TestTutorialTableIsAdopted(t *testing.T) {
	r := newRig(t)
	r.tableByHand(t, types.ScalarAttributeTypeS)
	plan, err := r.plan(t, everything(t))
	must(t, err)
	if len(plan.Warnings) != 2 || !strings.Contains(plan.Warnings[0], "expires") ||
		!strings.Contains(plan.Warnings[1], "its stream is NONE and not NEW_IMAGE") {
		t.Errorf("warnings are %q, want one of the time to live and one of the stream", plan.Warnings)
	}
	must(t, r.deploy(t.Context(), everything(t)))
	if n := r.calls("UpdateTable") + r.calls("UpdateTimeToLive"); n != 0 {
		t.Errorf("it was changed %d times", n)
	}
	r.settled(t, everything(t))
	must(t, r.delete(t.Context(), everything(t)))
	if left := r.aws.Resources(); !slices.Equal(left, []string{"dynamodb table " + roomsTable}) {
		t.Errorf("left are %q, want the table, which is not ours", left)
	}
}

func TestExistingTableWithAnotherKeyIsAConflict(t *testing.T) {
	r := newRig(t)
	r.tableByHand(t, types.ScalarAttributeTypeN)
	err := r.deploy(t.Context(), everything(t))
	for _, want := range []string{roomsTable, "PK (S), SK (N)", "PK (S), SK (S)"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q in it", err, want)
		}
	}
	if left := r.aws.Resources(); len(left) != 1 {
		t.Errorf("it made %q", left)
	}
}

func TestTablesStayUnlessAsked(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	d, err := r.deployer(t.Context())
	must(t, err)
	p, err := d.PlanDeletion(t.Context(), everything(t), false)
	must(t, err)
	left, err := d.Delete(t.Context(), p)
	if err != nil || len(left.Resources) != 1 || left.Resources[0].TableName != roomsTable {
		t.Errorf("left are %v, %v; want %s", left.Resources, err, roomsTable)
	}
	must(t, r.deploy(t.Context(), everything(t)))
	must(t, r.delete(t.Context(), everything(t)))
	r.empty(t)
}

func TestProtectedTableIsNotDeleted(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	app.Tables[0].DeletionProtection = new(true)
	must(t, r.deploy(t.Context(), app))
	err := r.delete(t.Context(), app)
	if err == nil || !strings.Contains(err.Error(), `"deletion_protection": false`) {
		t.Errorf("error is %v, want what to do", err)
	}
	app.Tables[0].DeletionProtection = new(false)
	must(t, r.deploy(t.Context(), app))
	must(t, r.delete(t.Context(), everything(t)))
	r.empty(t)
}

// TestTableIsCreatedAfterADeletionEnds makes a table while the one before is being deleted.
func TestTableIsCreatedAfterADeletionEnds(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	r.aws.Settle = 5
	_, err := r.dynamo().DeleteTable(t.Context(),
		&dynamodb.DeleteTableInput{TableName: aws.String(roomsTable)})
	must(t, err)
	must(t, r.deploy(t.Context(), everything(t)))
	if got := r.table(t).TableStatus; got != types.TableStatusActive {
		t.Errorf("the table is %s", got)
	}
	r.settled(t, everything(t))
}

// TestTableThatIsBusyIsDeleted deletes a table while it is being changed.
func TestTableThatIsBusyIsDeleted(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), everything(t)))
	r.aws.Settle = 5
	_, err := r.dynamo().UpdateTable(t.Context(), &dynamodb.UpdateTableInput{
		TableName: aws.String(roomsTable), DeletionProtectionEnabled: aws.Bool(false),
	})
	must(t, err)
	must(t, r.delete(t.Context(), everything(t)))
	r.empty(t)
}

// TestLostAnswerToAChangeOfATable loses the answer to the call that makes an index, and AWS is
// still at it when it is made again.
func TestLostAnswerToAChangeOfATable(t *testing.T) {
	r := newRig(t)
	app := everything(t)
	app.Tables[0].Indexes = nil
	must(t, r.deploy(t.Context(), app))
	r.aws.Settle = 3
	r.aws.SetFault(func(_ int, _, operation string) awstest.Fault {
		if operation == "UpdateTable" {
			return awstest.LoseOnce
		}
		return awstest.None
	})
	must(t, r.deploy(t.Context(), everything(t)))
	if n := r.calls("UpdateTable"); n != 1 {
		t.Errorf("there were %d calls, want 1", n)
	}
	r.settled(t, everything(t))
}

// TestPendingTableIsDeletedOnlyWithTheTag has a table in the state file that was about to be made,
// and was created by another program.
func TestPendingTableIsDeletedOnlyWithTheTag(t *testing.T) {
	r := newRig(t)
	must(t, r.deploy(t.Context(), echo(t)))
	r.tableByHand(t, types.ScalarAttributeTypeS)
	text := string(readFile(t, r.file))
	const before = `"resources": [`
	writeFile(t, r.file, []byte(strings.Replace(text, before, before+`{"name": "rooms",
		"resource_type": "dynamodb_table", "pending": true, "table_name": "`+roomsTable+`"},`, 1)))
	must(t, r.delete(t.Context(), echo(t)))
	if left := r.aws.Resources(); !slices.Equal(left, []string{"dynamodb table " + roomsTable}) {
		t.Errorf("left are %q, want the table, which is not ours", left)
	}
}
