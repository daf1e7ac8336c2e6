"""The application object of AWS Chalice, as far as WebSockets need it."""

import functools
import json
import logging
import os
import sys


class ChaliceError(Exception):
    pass


class WebsocketDisconnectedError(ChaliceError):
    def __init__(self, connection_id):
        super().__init__()
        self.connection_id = connection_id


class ChaliceViewError(ChaliceError):
    STATUS_CODE = 500


def _view_error(name, status):
    return type(name, (ChaliceViewError,), {"STATUS_CODE": status, "__module__": __name__})


BadRequestError = _view_error("BadRequestError", 400)
UnauthorizedError = _view_error("UnauthorizedError", 401)
ForbiddenError = _view_error("ForbiddenError", 403)
NotFoundError = _view_error("NotFoundError", 404)
MethodNotAllowedError = _view_error("MethodNotAllowedError", 405)
RequestTimeoutError = _view_error("RequestTimeoutError", 408)
ConflictError = _view_error("ConflictError", 409)
UnprocessableEntityError = _view_error("UnprocessableEntityError", 422)
TooManyRequestsError = _view_error("TooManyRequestsError", 429)


class Response:
    """A reply with a status and headers."""

    def __init__(self, body, headers=None, status_code=200):
        self.body = body
        self.headers = headers or {}
        self.status_code = status_code

    def to_dict(self, binary_types=None):
        body = self.body
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body, separators=(",", ":"))
        several = {k: v for k, v in self.headers.items() if isinstance(v, (list, tuple))}
        single = {k: v for k, v in self.headers.items() if k not in several}
        return {"headers": single, "multiValueHeaders": several, "statusCode": self.status_code,
                "body": body}


class WebsocketEvent:
    """What a handler of a WebSocket gets."""

    def __init__(self, event_dict, context):
        request = event_dict["requestContext"]
        self.domain_name = request["domainName"]
        self.stage = request["stage"]
        self.connection_id = request["connectionId"]
        self.body = str(event_dict.get("body"))
        self.context = context
        self._event = event_dict
        self._json_body = None

    @property
    def json_body(self):
        if self._json_body is None:
            try:
                self._json_body = json.loads(self.body)
            except ValueError:
                raise BadRequestError("Error Parsing JSON")
        return self._json_body

    def to_dict(self):
        return self._event


class WebsocketAPI:
    """Sends to connections, through the session that the application assigns."""

    def __init__(self, env=None):
        self.session = None
        self._endpoint = None
        self._client = None
        self._env = os.environ if env is None else env

    def configure(self, domain_name, stage):
        self._endpoint = self._endpoint or "https://%s/%s" % (domain_name, stage)

    def configure_from_api_id(self, api_id, stage):
        if self._endpoint:
            return
        region = self._env.get("AWS_REGION") or self._env.get("AWS_DEFAULT_REGION")
        region = region or getattr(self.session, "region_name", None)
        if not region:
            raise ValueError("Unable to retrieve the region name when configuring the websocket "
                             "client. Either set the 'AWS_REGION' environment variable or assign "
                             "'app.websocket_api.session' to a boto3 session.")
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        self._endpoint = "https://%s.execute-api.%s.%s/%s" % (api_id, region, suffix, stage)

    def _call(self, operation, connection_id, **arguments):
        if self.session is None:
            raise ValueError("Assign app.websocket_api.session to a boto3 session before using the "
                             "WebsocketAPI")
        if self._endpoint is None:
            raise ValueError("WebsocketAPI.configure must be called before using the WebsocketAPI")
        if self._client is None:
            self._client = self.session.client("apigatewaymanagementapi", endpoint_url=self._endpoint)
        try:
            return getattr(self._client, operation)(ConnectionId=connection_id, **arguments)
        except self._client.exceptions.GoneException:
            raise WebsocketDisconnectedError(connection_id)

    def send(self, connection_id, message):
        self._call("post_to_connection", connection_id, Data=message)

    def close(self, connection_id):
        self._call("delete_connection", connection_id)

    def info(self, connection_id):
        return self._call("get_connection", connection_id)


class _Handler:
    """A decorated function: what Lambda calls with an event and a context."""

    def __init__(self, app, function):
        self._app = app
        self._function = function
        functools.update_wrapper(self, function)

    def __call__(self, event, context=None):
        request = event["requestContext"]
        self._app.websocket_api.configure_from_api_id(request["apiId"], request["stage"])
        handler = self._function
        for middleware in reversed(self._app._middleware):
            handler = functools.partial(_pass, middleware, handler)
        reply = handler(WebsocketEvent(event, context))
        if isinstance(reply, Response):
            return reply.to_dict()
        if isinstance(reply, dict):
            return {**reply, "statusCode": reply.get("statusCode", 200)}
        return {"statusCode": 200}


def _pass(middleware, handler, event):
    return middleware(event, handler)


class _Decorators:
    """The decorators that an application and a blueprint have."""

    def __getattr__(self, name):
        # Those of other services, such as route, schedule and on_sqs_message.
        accepted = ("route", "schedule", "authorizer", "lambda_function")
        if name.startswith("on_") or name in accepted:
            return lambda *args, **kwargs: lambda function: function
        raise AttributeError("%r has no attribute %r; install chalice if you need it"
                             % (type(self).__name__, name))

    def on_ws_connect(self, name=None):
        return self._websocket("on_ws_connect", name)

    def on_ws_message(self, name=None):
        return self._websocket("on_ws_message", name)

    def on_ws_disconnect(self, name=None):
        return self._websocket("on_ws_disconnect", name)


class Chalice(_Decorators):
    """An application."""

    FORMAT_STRING = "%(name)s - %(levelname)s - %(message)s"

    def __init__(self, app_name, debug=False, configure_logs=True, env=None):
        self.app_name = app_name
        self.debug = debug
        self.configure_logs = configure_logs
        self.experimental_feature_flags = set()
        self.websocket_api = WebsocketAPI()
        self.websocket_handlers = {}
        self.handler_map = {}
        self.current_request = None
        self.lambda_context = None
        self._middleware = []
        self.log = logging.getLogger(app_name)
        if configure_logs:
            self._log()

    def _log(self):
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter(self.FORMAT_STRING))
        self.log.addHandler(handler)
        self.log.propagate = False
        self.log.setLevel(logging.DEBUG if self.debug else logging.ERROR)

    def _websocket(self, kind, name):
        def register(function):
            if kind in self.websocket_handlers:
                raise ValueError("Duplicate websocket handler: '%s'. There can only be one handler "
                                 "for each websocket decorator." % kind)
            handler = _Handler(self, function)
            self.websocket_handlers[kind] = handler
            self.handler_map[name or function.__name__] = handler
            return handler
        return register

    def middleware(self, event_type="all"):
        def register(function):
            self.register_middleware(function, event_type)
            return function
        return register

    def register_middleware(self, function, event_type="all"):
        if event_type in ("all", "websocket"):
            self._middleware.append(function)

    def register_blueprint(self, blueprint, name_prefix=None, url_prefix=None):
        blueprint._app = self


class Blueprint(_Decorators):
    """A part of an application. Chalice calls its WebSocket handlers as they are."""

    def __init__(self, import_name):
        self.import_name = import_name
        self._app = None

    def _websocket(self, kind, name):
        return lambda function: function

    @property
    def log(self):
        return self._app.log

    @property
    def current_app(self):
        return self._app
