"""Debian's AWS CLI posts to, asks about and deletes a connection, with nothing but an endpoint of its own."""

import asyncio
import json
import os
import subprocess

import websockets

URL = os.environ["PROBE_URL"]
ENDPOINT = URL.replace("ws", "http", 1)


def aws(command, connection, *args, secret=None):
    """Runs one command and returns its exit status, standard output and standard error."""
    env = dict(os.environ)
    if secret:
        env["AWS_SECRET_ACCESS_KEY"] = secret
    done = subprocess.run(
        ["/usr/bin/aws", "apigatewaymanagementapi", command, "--endpoint-url", ENDPOINT,
         "--connection-id", connection, *args],
        env=env, capture_output=True, text=True, timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def post(connection, data, **kwargs):
    return aws("post-to-connection", connection, "--cli-binary-format", "raw-in-base64-out", "--data", data, **kwargs)


def expect(what, got, want):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


async def main():
    loop = asyncio.get_running_loop()

    def call(function, *args, **kwargs):
        return loop.run_in_executor(None, lambda: function(*args, **kwargs))

    async with websockets.connect(URL + "?probe=1") as client:
        await client.send('{"action":"report"}')
        context = json.loads(await client.recv())["event"]["requestContext"]
        connection = context["connectionId"]

        status, out, err = await call(post, connection, "hello ä")
        expect("post-to-connection", (status, out, err), (0, "", ""))
        expect("message", await client.recv(), "hello ä")

        status, out, err = await call(aws, "get-connection", connection)
        expect("get-connection", status, 0)
        info = json.loads(out)
        expect("sourceIp", info["Identity"]["SourceIp"], "127.0.0.1")
        expect("userAgent", info["Identity"]["UserAgent"], context["identity"]["userAgent"])
        assert info["ConnectedAt"] <= info["LastActiveAt"], info

        status, out, err = await call(post, connection, "hello", secret="wrong")
        expect("wrong secret", (status, "request signature we calculated does not match" in err), (254, True))

        status, out, err = await call(aws, "delete-connection", connection)
        expect("delete-connection", (status, out, err), (0, "", ""))
        await client.wait_closed()
        expect("close code", client.close_code, 1000)

    for command in "get-connection", "delete-connection":
        status, out, err = await call(aws, command, connection)
        expect(command + " of who is gone", (status, "GoneException" in err), (254, True))
    status, out, err = await call(post, connection, "hello")
    expect("post to who is gone", (status, "GoneException" in err), (254, True))
    status, out, err = await call(post, "nonsense", "hello")
    expect("malformed id", (status, "Invalid connectionId: nonsense" in err), (254, True))


asyncio.run(main())
