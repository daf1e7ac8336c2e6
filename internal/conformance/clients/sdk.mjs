// The AWS SDK for JavaScript v3, with nothing but another endpoint, and npm's ws at the other end.
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  ApiGatewayManagementApiClient, DeleteConnectionCommand, GetConnectionCommand, GoneException,
  PayloadTooLargeException, PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import WebSocket from "ws";

const url = process.env.PROBE_URL;
const endpoint = url.replace(/^ws/, "http");
const sdk = new ApiGatewayManagementApiClient({ endpoint, maxAttempts: 1 });

const socket = new WebSocket(url + "?probe=1");
const message = async () => (await once(socket, "message"))[0].toString();
await once(socket, "open");
let next = message();
socket.send(JSON.stringify({ action: "report" }));
const { connectionId: ConnectionId, connectedAt } = JSON.parse(await next).event.requestContext;

next = message();
const posted = await sdk.send(new PostToConnectionCommand({ ConnectionId, Data: "hello ä" }));
assert.equal(posted.$metadata.httpStatusCode, 200);
assert.equal(await next, "hello ä");

const info = await sdk.send(new GetConnectionCommand({ ConnectionId }));
assert.equal(info.Identity.SourceIp, "127.0.0.1");
assert.equal(info.ConnectedAt.getTime(), connectedAt);
assert.ok(info.LastActiveAt >= info.ConnectedAt);

await assert.rejects(
  sdk.send(new PostToConnectionCommand({ ConnectionId, Data: "x".repeat(131073) })),
  PayloadTooLargeException);

const stranger = new ApiGatewayManagementApiClient({
  endpoint, maxAttempts: 1, credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "wrong" },
});
await assert.rejects(stranger.send(new GetConnectionCommand({ ConnectionId })),
  (err) => err.$metadata.httpStatusCode === 403 && /signature we calculated does not match/.test(err.message));

const ended = once(socket, "close");
const deleted = await sdk.send(new DeleteConnectionCommand({ ConnectionId }));
assert.equal(deleted.$metadata.httpStatusCode, 204);
assert.equal((await ended)[0], 1000);

for (const Command of [PostToConnectionCommand, GetConnectionCommand, DeleteConnectionCommand]) {
  await assert.rejects(sdk.send(new Command({ ConnectionId, Data: "hello" })), GoneException);
}
await assert.rejects(sdk.send(new GetConnectionCommand({ ConnectionId: "nonsense" })),
  (err) => err.name === "BadRequestException" && err.message === "Invalid connectionId: nonsense");
