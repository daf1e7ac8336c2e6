"""Debian's python3-websocket: echo, pings, refusals, an error frame, close codes."""

import json
import os
import struct

import websocket

PROBE, ECHO = os.environ["PROBE_URL"], os.environ["ECHO_URL"]


def expect(what, got, want):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


def code(client):
    """Returns the close code that comes next."""
    opcode, data = client.recv_data(control_frame=True)
    expect("opcode", opcode, websocket.ABNF.OPCODE_CLOSE)
    return struct.unpack("!H", data[:2])[0]


client = websocket.create_connection(ECHO, timeout=10)
for text in "foo bar baz", "", "ä€😀", "x" * 32768:
    client.send(text)
    expect("echo", client.recv(), text)
client.ping("there?")
expect("pong", client.recv_data(control_frame=True), (websocket.ABNF.OPCODE_PONG, b"there?"))
client.send("x" * 32769)
expect("close code", code(client), 1009)
client.close()

client = websocket.create_connection(ECHO, timeout=10)
client.send_binary(b"binary")
expect("close code", code(client), 1003)
client.close()

try:
    websocket.create_connection(PROBE + "?probe=1&auth=deny", timeout=10)
except websocket.WebSocketBadStatusException as e:
    expect("status", e.status_code, 403)
else:
    raise AssertionError("connected although denied")

client = websocket.create_connection(PROBE + "?probe=1", timeout=10, header={"X-Probe": "yes"})
client.send('{"action":"report"}')
context = json.loads(client.recv())["event"]["requestContext"]
client.send('{"action":"fail"}')
frame = client.recv()
start = '{"message": "Internal server error", "connectionId":"%s", "requestId":"' % context["connectionId"]
expect("error frame", frame[:len(start)], start)
client.send('{"action":"answer","data":"still here"}')
expect("answer", client.recv(), "still here")
client.close()
