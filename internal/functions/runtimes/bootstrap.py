"""Runs a function of Python as AWS Lambda does: the handler that _HANDLER names, with events of the
Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)."""

import decimal
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

BASE = "/2018-06-01/runtime/"


class API:
    """A client of the Runtime API, with one connection."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def next(self):
        self.connection.request("GET", BASE + "invocation/next")
        response = self.connection.getresponse()
        return response.headers, response.read()

    def post(self, path, body, kind=None):
        headers = {"Content-Type": "application/json"}
        if kind:
            headers["Lambda-Runtime-Function-Error-Type"] = kind
        self.connection.request("POST", BASE + path, body, headers)
        self.connection.getresponse().read()


class Context:
    """What a handler gets beside the event.
    (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html)"""

    def __init__(self, headers):
        env = os.environ
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = env["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = env["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = env["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = env["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        client = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = ClientContext(json.loads(client)) if client else None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        print(message)


class ClientContext:
    def __init__(self, values):
        self.custom = values.get("custom")
        self.env = values.get("env")
        self.client = values.get("client")


class RequestFilter(logging.Filter):
    """Gives records the id of the event."""

    request_id = ""

    def filter(self, record):
        record.aws_request_id = self.request_id
        return True


class InitError(Exception):
    """A handler that cannot be loaded."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def set_logging():
    """Lets the root logger write lines as on Lambda."""
    handler = logging.StreamHandler(sys.stdout)
    formatter = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
        "%Y-%m-%dT%H:%M:%S",
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    requests = RequestFilter()
    handler.addFilter(requests)
    logging.getLogger().addHandler(handler)
    return requests


def load(name):
    """Returns the function that a handler such as "src/app.handler" names."""
    module_name, _, function = name.rpartition(".")
    if not module_name:
        raise InitError("Runtime.MalformedHandlerName",
                        "Bad handler %r: want a module and a function, such as app.handler" % name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except SyntaxError as e:
        raise InitError("Runtime.UserCodeSyntaxError",
                        "Syntax error in module %r: %s" % (module_name, e)) from e
    except ImportError as e:
        raise InitError("Runtime.ImportModuleError",
                        "Unable to import module %r: %s%s" % (module_name, e, advice(e))) from e
    if not callable(getattr(module, function, None)):
        raise InitError("Runtime.HandlerNotFound",
                        "Handler %r missing on module %r" % (function, module_name))
    return getattr(module, function)


def advice(error):
    """Says how to get a module that Lambda's runtimes have."""
    if getattr(error, "name", None) in ("boto3", "botocore"):
        return "; Lambda's runtime has boto3, here it must be installed: pip install boto3"
    return ""


def failure(error, kind, stack):
    return json.dumps({"errorMessage": str(error), "errorType": kind, "stackTrace": stack})


def show(error, kind, stack):
    """Prints a failure as Lambda does."""
    trace = "Traceback (most recent call last):\n" + "".join(stack) if stack else ""
    print(("[ERROR] %s: %s\n%s" % (kind, error, trace)).rstrip("\n"), flush=True)


def own_stack(error):
    """Returns the stack without the frames of this file and of importlib."""
    return [line for line, frame in zip(
        traceback.format_tb(error.__traceback__), traceback.extract_tb(error.__traceback__))
        if frame.filename != __file__ and "importlib" not in frame.filename]


def plain(value):
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def invoke(api, handler, requests):
    """Handles one event."""
    headers, body = api.next()
    context = Context(headers)
    requests.request_id = context.aws_request_id
    os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
    path = "invocation/%s/" % context.aws_request_id
    try:
        reply = handler(json.loads(body), context)
        try:
            text = json.dumps(reply, default=plain)
        except (TypeError, ValueError) as e:
            raise InitError("Runtime.MarshalError", "Unable to marshal response: %s" % e) from e
    except Exception as e:
        kind, stack = getattr(e, "kind", type(e).__name__), own_stack(e)
        show(e, kind, stack)
        api.post(path + "error", failure(e, kind, stack), kind)
        return
    sys.stdout.flush()
    api.post(path + "response", text)


def main():
    root = os.environ["LAMBDA_TASK_ROOT"]
    sys.path[0] = root
    if sys.argv[1:]:  # of Chalice, whose vendor directory is beside the code
        sys.path.insert(1, os.path.join(root, "vendor"))
        sys.path.extend(sys.argv[1:])  # after what is installed
        del sys.argv[1:]
    api, requests = API(), set_logging()
    try:
        handler = load(os.environ["_HANDLER"])
    except BaseException as e:
        kind = getattr(e, "kind", type(e).__name__)
        stack = own_stack(e.__cause__ or e)
        show(e, kind, stack)
        api.post("init/error", failure(e, kind, stack), kind)
        sys.exit(1)
    while True:
        invoke(api, handler, requests)


main()
