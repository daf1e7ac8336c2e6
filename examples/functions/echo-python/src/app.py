"""Sends every message back."""


def handler(event, context):
    if event["requestContext"]["eventType"] == "MESSAGE":
        return {"statusCode": 200, "body": event["body"]}
    return {"statusCode": 200}
