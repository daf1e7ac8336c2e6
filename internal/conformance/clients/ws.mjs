// npm's ws: echo, compression, fragments, subprotocols, pings, refusals, close codes.
import assert from "node:assert/strict";
import { once } from "node:events";
import WebSocket from "ws";

const { PROBE_URL: probe, ECHO_URL: echo } = process.env;

async function open(url, ...args) {
  const socket = new WebSocket(url, ...args);
  await once(socket, "open");
  return socket;
}

async function say(socket, text) {
  const answer = once(socket, "message");
  socket.send(text);
  const [data, binary] = await answer;
  assert.equal(binary, false);
  return data.toString();
}

for (const perMessageDeflate of [false, true]) {
  const socket = await open(echo, { perMessageDeflate });
  assert.equal(socket.extensions.includes("permessage-deflate"), perMessageDeflate);
  for (const text of ["foo bar baz", "", "ä€😀", "x".repeat(32768), "abc".repeat(9000)]) {
    assert.equal(await say(socket, text), text);
  }
  const fragmented = once(socket, "message");
  for (const [text, fin] of [["x".repeat(30000), false], ["y".repeat(30000), false], ["z", true]]) {
    socket.send(text, { fin });
  }
  assert.equal((await fragmented)[0].toString(), "x".repeat(30000) + "y".repeat(30000) + "z");
  const pong = once(socket, "pong");
  socket.ping("there?");
  assert.equal((await pong)[0].toString(), "there?");
  const ended = once(socket, "close");
  socket.close(4001, "bye");
  assert.equal((await ended)[0], 4001);
}

for (const [data, options, code] of [
  [Buffer.from("binary"), { binary: true }, 1003],
  ["x".repeat(32769), { compress: false }, 1009],
]) {
  const socket = await open(echo, { perMessageDeflate: false });
  const ended = once(socket, "close");
  socket.send(data, options);
  assert.equal((await ended)[0], code);
}

const chosen = await open(probe + "?probe=1&connect=accept:b", ["a", "b"]);
assert.equal(chosen.protocol, "b");
chosen.close();

for (const [query, status] of [
  ["probe=1&connect=reject:403", 403], ["probe=1&connect=reject:301", 301], ["probe=1&connect=panic", 502],
  ["probe=1&auth=unauthorized", 401], ["probe=1&auth=error", 500], ["", 401],
]) {
  const socket = new WebSocket(probe + "?" + query);
  const [, response] = await once(socket, "unexpected-response");
  assert.equal(response.statusCode, status, query);
  response.destroy();
}
