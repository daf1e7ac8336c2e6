// A Lambda function that echoes, with a runtime of its own: the standard library only. It does what
// echo.py does.

import { createHash, createHmac } from "node:crypto";
import http from "node:http";

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

async function handle(event) {
  const context = event.requestContext;
  if (context.eventType === "CONNECT") {
    const token = event.queryStringParameters?.token;
    return { statusCode: token ? 200 : 403, body: "no token" };
  }
  if (context.eventType === "DISCONNECT") {
    console.log("bye", context.disconnectStatusCode);
    return { statusCode: 200 };
  }
  if (event.body === "crash") process.exit(4);
  if (event.body === "fail") throw new Error("asked to fail");
  if (context.routeKey === "post") {
    await post(context.connectionId, JSON.parse(event.body).text);
    return { statusCode: 200 };
  }
  return { statusCode: 200, body: "node: " + event.body };
}

// post sends text to a connection.
async function post(connection, text) {
  const endpoint = new URL(process.env.AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI);
  const path = endpoint.pathname + "/%40connections/" + encodeURIComponent(connection);
  const headers = sign("POST", endpoint.host, path, text);
  const reply = await request("http://" + endpoint.host + path, { method: "POST", headers }, text);
  if (reply.status !== 200) throw new Error("@connections said " + reply.status);
}

// sign returns the headers of a request that is signed with the function's credentials.
function sign(method, host, path, body) {
  const env = process.env;
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const headers = { host, "x-amz-date": stamp };
  if (env.AWS_SESSION_TOKEN) headers["x-amz-security-token"] = env.AWS_SESSION_TOKEN;
  const names = Object.keys(headers).sort();
  const escaped = path.split("/").map(encodeURIComponent).join("/");
  const text = [
    method, escaped, "", ...names.map((name) => name + ":" + headers[name]), "", names.join(";"), hash(body),
  ].join("\n");
  const scope = [stamp.slice(0, 8), env.AWS_REGION, "execute-api", "aws4_request"];
  const toSign = ["AWS4-HMAC-SHA256", stamp, scope.join("/"), hash(text)].join("\n");
  let key = "AWS4" + env.AWS_SECRET_ACCESS_KEY;
  for (const part of [...scope, toSign]) key = createHmac("sha256", key).update(part).digest();
  headers.Authorization =
    `AWS4-HMAC-SHA256 Credential=${env.AWS_ACCESS_KEY_ID}/${scope.join("/")}, ` +
    `SignedHeaders=${names.join(";")}, Signature=${key.toString("hex")}`;
  return headers;
}

function hash(text) {
  return createHash("sha256").update(text).digest("hex");
}

// request does one HTTP request, without any timeout.
function request(url, options, body) {
  return new Promise((resolve, reject) => {
    const r = http.request(url, { agent, ...options }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() });
    });
    r.on("error", reject);
    r.end(body);
  });
}

const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`;
for (;;) {
  const event = await request(base + "next", {});
  let path = "/response", reply;
  try {
    reply = await handle(JSON.parse(event.body));
  } catch (e) {
    path = "/error";
    reply = { errorType: e.name, errorMessage: e.message, stackTrace: e.stack.split("\n") };
  }
  const url = base + event.headers["lambda-runtime-aws-request-id"] + path;
  await request(url, { method: "POST" }, JSON.stringify(reply));
}
