"""Runs WebSocket applications of AWS Chalice where the chalice package is not installed. It has the
decorators and the API for WebSockets, middleware and logs; other decorators are accepted, and what
they decorate is never called."""

from chalice.app import (
    BadRequestError,
    Blueprint,
    Chalice,
    ChaliceError,
    ChaliceViewError,
    ConflictError,
    ForbiddenError,
    MethodNotAllowedError,
    NotFoundError,
    RequestTimeoutError,
    Response,
    TooManyRequestsError,
    UnauthorizedError,
    UnprocessableEntityError,
    WebsocketDisconnectedError,
)

__version__ = "tyg"
