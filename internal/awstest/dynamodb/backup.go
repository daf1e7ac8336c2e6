package dynamodb

import (
	"net/http"

	"github.com/tyg-dev/tyg/internal/awstest/account"
	"github.com/tyg-dev/tyg/internal/awstest/wire"
)

func (s *State) describeContinuousBackups(in wire.Params) (map[string]any, error) {
	t, err := s.findTable(in)
	if err != nil {
		return nil, err
	}
	return t.backups(), nil
}

// updateContinuousBackups turns point-in-time recovery on or off. A new table has no backups yet.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateContinuousBackups.html)
func (s *State) updateContinuousBackups(in wire.Params) (map[string]any, error) {
	t, err := s.findTable(in)
	if err != nil {
		return nil, err
	}
	if account.Poll(&t.backupSettling) {
		return nil, wire.Fail(http.StatusBadRequest, "ContinuousBackupsUnavailableException",
			"Backups are being enabled for the table: %s. Please retry later", t.members["TableName"])
	}
	wanted := in.Obj("PointInTimeRecoverySpecification")
	t.recovery = wanted.Flag("PointInTimeRecoveryEnabled")
	return t.backups(), nil
}

func (t *table) backups() map[string]any {
	status := "DISABLED"
	if t.recovery {
		status = "ENABLED"
	}
	return map[string]any{"ContinuousBackupsDescription": map[string]any{
		"ContinuousBackupsStatus":        "ENABLED",
		"PointInTimeRecoveryDescription": map[string]any{"PointInTimeRecoveryStatus": status},
	}}
}

// checkStream checks a StreamSpecification.
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html)
func checkStream(in wire.Params) error {
	if in.Flag("StreamEnabled") != in.Has("StreamViewType") {
		return wire.Invalid("One or more parameter values were invalid: StreamViewType is required " +
			"if StreamEnabled is true, and must not be given otherwise")
	}
	return nil
}

// stream begins or ends the stream of the table. Each new one has a label and an ARN of its own.
func (s *State) stream(t *table, in wire.Params) error {
	if err := checkStream(in); err != nil {
		return err
	}
	switch on := t.members["StreamSpecification"] != nil; {
	case on && in.Flag("StreamEnabled"):
		return wire.Invalid("Table already has an enabled stream: TableName: %s",
			t.members["TableName"])
	case !on && !in.Flag("StreamEnabled"):
		return wire.Invalid("Table has no stream to disable: TableName: %s", t.members["TableName"])
	case on:
		delete(t.members, "StreamSpecification")
	default:
		t.members["StreamSpecification"] = map[string]any(in)
		label := s.Now().Format("2006-01-02T15:04:05.000")
		t.members["LatestStreamLabel"] = label
		t.members["LatestStreamArn"] = t.arn + "/stream/" + label
	}
	return nil
}

// HasStream reports whether a table has the stream with an ARN.
func (s *State) HasStream(arn string) bool {
	for _, t := range s.tables {
		if t.members["LatestStreamArn"] == arn && t.members["StreamSpecification"] != nil {
			return true
		}
	}
	return false
}

// encrypt sets the key of the table.
func (t *table) encrypt(in wire.Params) {
	delete(t.members, "SSEDescription")
	if in.Flag("Enabled") {
		t.members["SSEDescription"] = map[string]any{
			"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": in.Str("KMSMasterKeyId"),
		}
	}
}
