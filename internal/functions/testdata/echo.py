"""A Lambda function that echoes, with a runtime of its own: the standard library only.

$connect accepts clients with ?token=..., $default answers by the route response, and the route
"post" answers through @connections, signed with AWS Signature Version 4.
"""

import datetime
import hashlib
import hmac
import http.client
import json
import os
import traceback
import urllib.parse


def handle(event):
    context = event["requestContext"]
    kind = context["eventType"]
    if kind == "CONNECT":
        query = event.get("queryStringParameters") or {}
        return {"statusCode": 200 if query.get("token") else 403, "body": "no token"}
    if kind == "DISCONNECT":
        print("bye", context["disconnectStatusCode"])
        return {"statusCode": 200}
    if event["body"] == "crash":
        os._exit(4)
    if event["body"] == "fail":
        raise ValueError("asked to fail")
    if context["routeKey"] == "post":
        post(context["connectionId"], json.loads(event["body"])["text"])
        return {"statusCode": 200}
    return {"statusCode": 200, "body": "python: " + event["body"]}


def post(connection, text):
    """Sends text to a connection."""
    endpoint = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"])
    path = endpoint.path + "/%40connections/" + urllib.parse.quote(connection, safe="")
    body = text.encode()
    client = http.client.HTTPConnection(endpoint.netloc)
    client.request("POST", path, body, sign("POST", endpoint.netloc, path, body))
    response = client.getresponse()
    response.read()
    client.close()
    if response.status != 200:
        raise RuntimeError("@connections said %d" % response.status)


def sign(method, host, path, body):
    """Returns the headers of a request that is signed with the function's credentials."""
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    region = os.environ["AWS_REGION"]
    headers = {"host": host, "x-amz-date": stamp}
    if os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = os.environ["AWS_SESSION_TOKEN"]
    names = ";".join(sorted(headers))
    request = "\n".join(
        [method, urllib.parse.quote(path, safe="/"), ""]
        + [name + ":" + headers[name] for name in sorted(headers)]
        + ["", names, hashlib.sha256(body).hexdigest()]
    )
    scope = "/".join([stamp[:8], region, "execute-api", "aws4_request"])
    digest = hashlib.sha256(request.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, digest])
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope.split("/") + [to_sign]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    headers["Authorization"] = (
        "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
        % (os.environ["AWS_ACCESS_KEY_ID"], scope, names, key.hex())
    )
    return headers


def main():
    """Is the runtime."""
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    base = "/2018-06-01/runtime/invocation/"
    while True:
        api.request("GET", base + "next")
        event = api.getresponse()
        request = event.headers["Lambda-Runtime-Aws-Request-Id"]
        try:
            path, reply = "/response", handle(json.loads(event.read()))
        except Exception as failure:
            path, reply = "/error", {
                "errorType": type(failure).__name__,
                "errorMessage": str(failure),
                "stackTrace": traceback.format_tb(failure.__traceback__),
            }
        api.request("POST", base + request + path, json.dumps(reply))
        api.getresponse().read()


main()
