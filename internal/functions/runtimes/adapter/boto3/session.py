"""A session whose one client calls @connections, signed with AWS Signature Version 4."""

import datetime
import hashlib
import hmac
import json
import os
import urllib.error
import urllib.parse
import urllib.request


class Session:
    def __init__(self, region_name=None, **options):
        env = os.environ
        self.region_name = region_name or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")

    def client(self, service, endpoint_url=None, region_name=None, **options):
        if service != "apigatewaymanagementapi":
            raise ImportError("boto3 is not installed, and %s needs it: pip install boto3" % service)
        endpoint = endpoint_url or os.environ.get("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI")
        return _Management(endpoint, region_name or self.region_name)

    def resource(self, service, **options):
        raise ImportError("boto3 is not installed, and %s needs it: pip install boto3" % service)


class ClientError(Exception):
    """An answer that is none of success."""

    def __init__(self, status, code, message):
        super().__init__("An error occurred (%s): %s" % (code, message))
        self.response = {"Error": {"Code": code, "Message": message},
                         "ResponseMetadata": {"HTTPStatusCode": status}}


class _Exceptions:
    ClientError = ClientError
    GoneException = type("GoneException", (ClientError,), {})
    ForbiddenException = type("ForbiddenException", (ClientError,), {})
    LimitExceededException = type("LimitExceededException", (ClientError,), {})
    PayloadTooLargeException = type("PayloadTooLargeException", (ClientError,), {})


class _Management:
    """The client of @connections."""

    exceptions = _Exceptions

    def __init__(self, endpoint, region):
        self._endpoint = endpoint.rstrip("/")
        self._region = region

    def post_to_connection(self, ConnectionId, Data):
        self._call("POST", ConnectionId, Data.encode() if isinstance(Data, str) else bytes(Data))

    def delete_connection(self, ConnectionId):
        self._call("DELETE", ConnectionId, b"")

    def get_connection(self, ConnectionId):
        got = json.loads(self._call("GET", ConnectionId, b""))
        return {name[:1].upper() + name[1:]: value for name, value in got.items()}

    def _call(self, method, connection_id, body):
        url = self._endpoint + "/@connections/" + urllib.parse.quote(connection_id, safe="")
        request = urllib.request.Request(url, body or None, self._headers(method, url, body), method=method)
        try:
            with urllib.request.urlopen(request) as response:
                return response.read()
        except urllib.error.HTTPError as e:
            text = e.read().decode(errors="replace")
            code = e.headers.get("x-amzn-ErrorType", "").split(":")[0]
            code = code or {410: "GoneException"}.get(e.code, "Status%d" % e.code)
            kind = getattr(_Exceptions, code, ClientError)
            raise kind(e.code, code, text) from None

    def _headers(self, method, url, body):
        """Returns the headers of a signed request.
        (https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html)"""
        env = os.environ
        identity, secret = env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SECRET_ACCESS_KEY")
        if not identity:  # of a gateway that keeps the developer's own credentials
            identity, _, secret = env.get("TYG_FUNCTION_KEY", "local:local").partition(":")
        parts = urllib.parse.urlsplit(url)
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": parts.netloc, "x-amz-date": now}
        if env.get("AWS_SESSION_TOKEN"):
            headers["x-amz-security-token"] = env["AWS_SESSION_TOKEN"]
        names = ";".join(sorted(headers))
        canonical = "\n".join([
            method, urllib.parse.quote(parts.path, safe="/-_.~"), "",
            "".join("%s:%s\n" % (name, headers[name]) for name in sorted(headers)),
            names, hashlib.sha256(body).hexdigest(),
        ])
        scope = "%s/%s/execute-api/aws4_request" % (now[:8], self._region)
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope,
                          hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + secret).encode()
        for part in scope.split("/") + [text]:
            digest = hmac.new(key, part.encode(), hashlib.sha256)
            key = digest.digest()
        headers["Authorization"] = (
            "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
            % (identity, scope, names, digest.hexdigest()))
        del headers["host"]
        return headers
