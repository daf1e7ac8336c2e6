"""Makes the table, and notes its name in the configuration."""

import json

import boto3

attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")]
boto3.client("dynamodb").create_table(
    TableName="Members", BillingMode="PAY_PER_REQUEST", AttributeDefinitions=attributes,
    KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
    GlobalSecondaryIndexes=[{
        "IndexName": "ByRoom", "Projection": {"ProjectionType": "ALL"},
        "KeySchema": [{"AttributeName": "SK", "KeyType": "HASH"},
                      {"AttributeName": "PK", "KeyType": "RANGE"}],
    }],
)
with open(".chalice/config.json") as f:
    config = json.load(f)
config["stages"]["dev"]["environment_variables"] = {"TABLE": "Members"}
with open(".chalice/config.json", "w") as f:
    json.dump(config, f, indent=2)
