// Runs a function of Node.js as AWS Lambda does: the handler that _HANDLER names, with events of the
// Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import util from 'node:util';

const env = process.env;
const base = '/2018-06-01/runtime/';
const stdout = process.stdout.write.bind(process.stdout);
let current = ''; // the id of the event

// API is a client of the Runtime API, with one connection and without node:http, whose requests take
// longer than most handlers. It sends a reply together with the request for the next event.
class API {
  constructor(address) {
    const at = address.lastIndexOf(':');
    this.socket = net.connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)), noDelay: true });
    this.socket.on('data', (chunk) => this.read(chunk));
    this.socket.on('error', (error) => this.end(error));
    this.socket.on('close', () => this.end(new Error('the connection to the Runtime API has ended')));
    this.waiting = []; // for answers, the oldest first
    this.rest = null; // of what was read
    this.reply = ''; // to the last event, not sent yet
  }

  // read takes answers out of what has come: status line, headers, and a body of a known length.
  read(chunk) {
    let data = this.rest ? Buffer.concat([this.rest, chunk]) : chunk;
    for (;;) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) break;
      const headers = {};
      for (const line of data.latin1Slice(0, end).split('\r\n')) {
        const colon = line.indexOf(':');
        if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2);
      }
      const whole = end + 4 + Number(headers['content-length'] ?? 0);
      if (data.length < whole) break;
      this.waiting.shift()?.resolve({ headers, body: data.utf8Slice(end + 4, whole) });
      data = data.subarray(whole);
    }
    this.rest = data.length > 0 ? data : null;
  }

  end(error) {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }

  answer() {
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  // next sends the reply to the last event, and waits for the next one.
  async next() {
    const replied = this.reply === '' ? null : this.answer();
    const event = this.answer();
    this.socket.write(`${this.reply}GET ${base}invocation/next HTTP/1.1\r\nHost: tyg\r\n\r\n`);
    this.reply = '';
    await replied;
    return event;
  }

  // respond keeps the reply to the event for next.
  respond(body) {
    this.reply = post(`invocation/${current}/response`, body, '');
  }

  // fail reports a failure at once.
  fail(where, body, kind) {
    const done = this.answer();
    this.socket.write(post(where, body, `Lambda-Runtime-Function-Error-Type: ${kind}\r\n`));
    return done;
  }
}

function post(where, body, headers) {
  return `POST ${base}${where} HTTP/1.1\r\nHost: tyg\r\nContent-Type: application/json\r\n${headers}`
    + `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

// frame makes console write lines as on Lambda: time, id of the event, level, text.
function frame() {
  const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' };
  for (const [name, level] of Object.entries(levels)) {
    console[name] = (...args) =>
      stdout(`${new Date().toISOString()}\t${current || 'undefined'}\t${level}\t${util.format(...args)}\n`);
  }
}

function fault(kind, message) {
  const error = new Error(message);
  error.name = kind;
  error.stack = `${kind}: ${message}`;
  return error;
}

// load returns the function that a handler such as "src/app.handler" names.
async function load(name) {
  const dir = path.dirname(name);
  const [file, ...names] = path.basename(name).split('.');
  if (names.length === 0) {
    throw fault('Runtime.MalformedHandlerName',
      `Bad handler '${name}': want a module and a function, such as app.handler`);
  }
  const stem = path.resolve(env.LAMBDA_TASK_ROOT, dir, file);
  const found = ['.js', '.mjs', '.cjs', ''].map((ext) => stem + ext).find(isFile);
  if (!found) {
    const hint = isFile(stem + '.ts') ? '; build app.ts first, for example with esbuild'.replace('app', file) : '';
    throw fault('Runtime.ImportModuleError', `Cannot find module '${path.join(dir, file)}'${hint}`);
  }
  const module = await loadModule(found).catch(explain);
  const at = (from) => names.reduce((value, key) => value?.[key], from);
  // The exports of CommonJS are the default of the module, whose name a handler may have.
  const handler = [at(module), at(module?.default)].find((value) => typeof value === 'function');
  if (!handler) {
    throw fault('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  }
  return handler;
}

// loadModule loads CommonJS by require: import takes seconds to look for the exports of a large bundle.
async function loadModule(file) {
  if (file.endsWith('.mjs') || (file.endsWith('.js') && isModule(path.dirname(file)))) {
    return import(pathToFileURL(file));
  }
  try {
    return createRequire(file)(file);
  } catch (error) {
    const syntax = error instanceof SyntaxError && /import statement|import\.meta|'export'|await/.test(error.message);
    if (!syntax && !/^ERR_REQUIRE_(ESM|ASYNC_MODULE)$/.test(error?.code)) throw error;
    return import(pathToFileURL(file));
  }
}

// isModule reports whether the nearest package.json says that .js files are ES modules.
function isModule(dir) {
  for (;;) {
    try {
      return JSON.parse(fs.readFileSync(path.join(dir, 'package.json'), 'utf8')).type === 'module';
    } catch {
      if (dir === path.dirname(dir)) return false;
      dir = path.dirname(dir);
    }
  }
}

// explain says how to get a module that Lambda's runtimes have.
function explain(error) {
  const missing = /Cannot find (?:module|package) '(aws-sdk|@aws-sdk\/[^/']+)/.exec(error?.message);
  if (missing) {
    error.message += `; Lambda's runtime has ${missing[1]}, here it must be installed: npm install ${missing[1]}`;
    error.stack = `${error.name}: ${error.message}`;
  }
  throw error;
}

function isFile(name) {
  return fs.statSync(name, { throwIfNoEntry: false })?.isFile() ?? false;
}

// newContext returns what a handler gets beside the event.
// (https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html)
function newContext(headers, done) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const client = headers['lambda-runtime-client-context'];
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(client) : undefined,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done,
    fail: (error) => done(error ?? 'handled'),
    succeed: (reply) => done(null, reply),
  };
}

// call calls the handler, which replies by a promise, a callback or the context.
function call(handler, event, headers) {
  return new Promise((resolve, reject) => {
    const done = (error, reply) => (error ? reject(error) : resolve(reply));
    const reply = handler(event, newContext(headers, done), done);
    if (typeof reply?.then === 'function') reply.then(resolve, reject);
    else if (handler.length < 3 && reply !== undefined) resolve(reply);
  });
}

function describe(error) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: util.format(error), trace: [] };
  }
  const trace = String(error.stack ?? error).split('\n').filter((line) => !line.includes(import.meta.url));
  return { errorType: error.name, errorMessage: error.message, trace };
}

async function fail(api, where, label, error) {
  const { errorType, errorMessage, trace } = describe(error);
  console.error(`${label}\t${trace.join('\n') || errorMessage}`);
  await api.fail(where, JSON.stringify({ errorType, errorMessage, trace }), errorType.replace(/[^ -~]/g, '?'));
}

async function run() {
  frame();
  globalThis.awslambda = {
    streamifyResponse() {
      throw fault('Runtime.Streaming', 'API Gateway does not stream the replies of WebSocket APIs');
    },
  };
  const api = new API(env.AWS_LAMBDA_RUNTIME_API);
  let handler;
  try {
    handler = await load(env._HANDLER);
  } catch (error) {
    await fail(api, 'init/error', 'Init Error', error);
    process.exit(1);
  }
  const crash = (kind) => async (error) => {
    const wrapped = fault(kind, error instanceof Error ? `${error.name}: ${error.message}` : util.format(error));
    if (error instanceof Error) wrapped.stack = `${kind}: ${error.stack}`;
    await fail(api, `invocation/${current}/error`, 'Invoke Error', wrapped).catch(() => {});
    process.exit(1);
  };
  process.on('unhandledRejection', crash('Runtime.UnhandledPromiseRejection'));
  process.on('uncaughtException', crash('Runtime.UncaughtException'));
  for (;;) {
    const { headers, body } = await api.next();
    current = headers['lambda-runtime-aws-request-id'];
    env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
    try {
      api.respond(JSON.stringify(await call(handler, JSON.parse(body), headers)) ?? 'null');
    } catch (error) {
      await fail(api, `invocation/${current}/error`, 'Invoke Error', error);
    }
  }
}

await run();
