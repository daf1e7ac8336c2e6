// Loaded by NODE_OPTIONS into the Node.js processes of "tyg local", because Node.js ignores
// HTTPS_PROXY: TLS connections to the API of this gateway at its address on AWS go to the gateway.
'use strict';

const tls = require('tls');

const name = /NAMES/;
const gateway = { host: 'HOST', port: PORT };
const connect = tls.connect;
const elsewhere = /ELSEWHERE/;
const told = new Set();

// tell says once for each other API how calls of it are led to the gateway.
function tell(host) {
  const id = elsewhere.exec(host)?.[1];
  if (id && !told.has(id)) {
    told.add(id);
    process.stderr.write(`tyg: ${'TEXT'.replaceAll('ID', id)}\n`);
  }
}

tls.connect = function (...args) {
  // tls.connect(options[, cb]), tls.connect(port[, host][, options][, cb])
  let at = args.findIndex((arg) => arg !== null && typeof arg === 'object');
  const options = at < 0 ? {} : args[at];
  const port = typeof args[0] === 'object' ? options.port : args[0];
  const host = typeof args[1] === 'string' ? args[1] : options.host;
  if (options.socket || Number(port) !== 443 || !name.test(String(host))) {
    if (Number(port) === 443) {
      tell(String(host));
    }
    return connect.apply(this, args);
  }
  const cb = args.findLast((arg) => typeof arg === 'function');
  return connect.call(this, { servername: host, ...options, ...gateway }, cb);
};
