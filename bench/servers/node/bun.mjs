// bun is Bun's own server, which is uWebSockets inside: bun bun.mjs HOST:PORT [room]
const [hostname, port] = process.argv[2].split(':')
const room = process.argv[3] === 'room'
const server = Bun.serve({
  hostname,
  port,
  fetch (request, server) {
    if (!server.upgrade(request)) return new Response('not a WebSocket', { status: 400 })
  },
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 0,
    maxPayloadLength: 1 << 20,
    sendPings: false,
    open (client) { if (room) client.subscribe('room') },
    message (client, data) { if (room) server.publish('room', data); else client.send(data) }
  }
})
process.on('SIGUSR2', () => Bun.gc(true))
