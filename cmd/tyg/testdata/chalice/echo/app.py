import logging
import os

from boto3.session import Session
from chalice import BadRequestError, Chalice, Response, WebsocketDisconnectedError

app = Chalice(app_name="echoes", debug=True)
app.websocket_api.session = Session()
app.experimental_feature_flags.update(["WEBSOCKETS"])


@app.route("/")
def index():
    return {"never": "called"}


@app.middleware("websocket")
def shout(event, get_response):
    app.log.debug("middleware saw %s", event.body)
    return get_response(event)


@app.on_ws_connect(name="greet")
def connect(event):
    query = event.to_dict().get("queryStringParameters") or {}
    if "refuse" in query:
        return Response("no", status_code=401)


@app.on_ws_message()  # the one route for messages
def message(event):
    api, me = app.websocket_api, event.connection_id
    if event.body == "info":
        api.send(me, str(sorted(api.info(me))[:3]))
    elif event.body == "gone":
        try:
            api.send("bm9uZXNzc3Nzc3M=", "x")
        except WebsocketDisconnectedError as e:
            api.send(me, "gone: " + e.connection_id)
    elif event.body == "json":
        try:
            event.json_body
        except BadRequestError as e:
            api.send(me, str(e))
    elif event.body == "close":
        api.close(me)
    else:
        api.send(connection_id=me, message=event.body)
