"""Debian's python3-websockets: echo, compression, subprotocols, pings, refusals, limits, close codes."""

import asyncio
import json
import os

import websockets

PROBE, ECHO = os.environ["PROBE_URL"], os.environ["ECHO_URL"]


def expect(what, got, want):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


async def closed(client):
    """Waits for the end and returns the close code."""
    try:
        while True:
            await client.recv()
    except websockets.ConnectionClosed:
        return client.close_code


async def echo():
    for compression in None, "deflate":
        async with websockets.connect(ECHO, compression=compression) as client:
            names = [e.name for e in client.extensions]
            expect("extensions", names, ["permessage-deflate"] if compression else [])
            for text in "foo bar baz", "", "ä€😀", "x" * 30000, "abc" * 9000:
                await client.send(text)
                expect("echo", await client.recv(), text)
            # An iterable is a message in fragments.
            await client.send(["x" * 30000, "y" * 30000, "", "z" * 30000])
            expect("echo of fragments", await client.recv(), "x" * 30000 + "y" * 30000 + "z" * 30000)
            await asyncio.wait_for(await client.ping("are you there"), 10)


async def handshakes():
    async with websockets.connect(PROBE + "?probe=1&connect=accept:b", subprotocols=["a", "b"]) as client:
        expect("subprotocol", client.subprotocol, "b")
    for query, status in ("probe=1&connect=reject:403", 403), ("probe=1&connect=error", 502), ("", 401):
        try:
            await websockets.connect(PROBE + "?" + query)
        except websockets.InvalidStatusCode as e:
            expect("status of " + query, e.status_code, status)
        else:
            raise AssertionError("connected with " + query)


async def ends():
    for data, code in (b"binary", 1003), ("x" * 32769, 1009):
        client = await websockets.connect(ECHO, compression=None)
        await client.send(data)
        expect("close code", await closed(client), code)
    watcher = await websockets.connect(PROBE + "?probe=1")
    await watcher.send('{"action":"report"}')
    watching = json.loads(await watcher.recv())["event"]["requestContext"]["connectionId"]
    client = await websockets.connect(PROBE + "?probe=1&notify=" + watching.replace("=", "%3D"))
    expect("event", json.loads(await watcher.recv())["event"]["requestContext"]["eventType"], "CONNECT")
    await client.close(4001, "bye")
    context = json.loads(await watcher.recv())["event"]["requestContext"]
    expect("end", (context["disconnectStatusCode"], context["disconnectReason"]), (4001, "bye"))
    await watcher.close()


async def main():
    await echo()
    await handshakes()
    await ends()


asyncio.run(asyncio.wait_for(main(), 60))
