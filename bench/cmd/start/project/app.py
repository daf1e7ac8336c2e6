"""Posts each message back to its connection."""

import boto3


def handler(event, context):
    at = event["requestContext"]
    api = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url="https://%s/%s" % (at["domainName"], at["stage"]),
    )
    api.post_to_connection(ConnectionId=at["connectionId"], Data=event["body"])
    return {"statusCode": 200}
