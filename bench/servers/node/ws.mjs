// node-ws is the package ws on Node.js: node ws.mjs HOST:PORT [room]
import { WebSocketServer } from 'ws'

const [host, port] = process.argv[2].split(':')
const room = process.argv[3] === 'room'
const server = new WebSocketServer({
  host, port, perMessageDeflate: false, clientTracking: room, backlog: 4096
})
server.on('connection', client => {
  client.on('error', () => {}) // the client went away
  client.on('message', (data, binary) => {
    for (const to of room ? server.clients : [client]) to.send(data, { binary })
  })
})
process.on('SIGUSR2', () => global.gc())
