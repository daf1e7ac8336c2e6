// A Lambda runtime: asks for events, calls the handler, and posts its result
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
import http from 'node:http'
import { handler } from './handler.mjs'

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':')
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
const base = '/2018-06-01/runtime/invocation'

function call (method, path, body) {
  return new Promise((resolve, reject) => {
    const req = http.request({ host, port, method, path: base + path, agent }, res => {
      const parts = []
      res.on('data', part => parts.push(part))
      res.on('end', () => resolve({ headers: res.headers, body: Buffer.concat(parts).toString() }))
    })
    req.on('error', reject)
    req.end(body)
  })
}

for (;;) {
  const event = await call('GET', '/next')
  const id = event.headers['lambda-runtime-aws-request-id']
  try {
    await call('POST', `/${id}/response`, JSON.stringify(await handler(JSON.parse(event.body))))
  } catch (err) {
    const report = { errorType: err.name, errorMessage: err.message }
    await call('POST', `/${id}/error`, JSON.stringify(report))
  }
}
