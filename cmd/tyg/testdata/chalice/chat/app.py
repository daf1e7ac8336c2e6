from boto3.session import Session
from chalice import Chalice
from chalicelib import Members, Talk

app = Chalice(app_name="tables")
app.websocket_api.session = Session()
app.experimental_feature_flags.update(["WEBSOCKETS"])
MEMBERS = Members.from_env()
TALK = Talk(app, MEMBERS)


@app.on_ws_connect()
def connect(event):
    MEMBERS.put(event.connection_id, "name", "")


@app.on_ws_disconnect()
def disconnect(event):
    MEMBERS.forget(event.connection_id)


@app.on_ws_message()
def message(event):
    TALK.handle(event.connection_id, event.body)
