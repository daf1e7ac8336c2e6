// Clients of the four servers, with one face: send(text), got (what has arrived) and drop(), which
// cuts the connection without a close frame. got has strings, numbers, or presence events:
// {here: [names]}, {join: name}, {left: name}.
import { Centrifuge } from 'centrifuge'
import { io } from 'socket.io-client'
import WebSocket from 'ws'

// plain is a client that needs no library: in a browser, WebSocket is there.
function plain (path) {
  return (port, app, name) => new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
    const client = {
      got: [],
      send: (text) => socket.send(text),
      drop: () => socket.terminate()
    }
    const read = {
      broadcast: String,
      counter: Number,
      presence: (text) => {
        const e = JSON.parse(text)
        if (e.here) return { here: e.here.map((p) => p.name) }
        return e.join ? { join: e.join.name } : { left: e.left.name }
      }
    }[app]
    socket.on('message', (data) => client.got.push(read(String(data))))
    socket.on('error', reject)
    socket.on('open', () => {
      if (name) socket.send(name)
      resolve(client)
    })
  })
}

async function centrifuge (port, app, name) {
  let wire
  class Wire extends WebSocket {
    constructor (...args) {
      super(...args)
      wire = this
    }
  }
  const c = new Centrifuge(`ws://127.0.0.1:${port}/ws`, { websocket: Wire, data: name })
  const client = { got: [] }
  client.drop = () => {
    c.on('connecting', () => c.disconnect()) // it would connect again
    wire.terminate()
  }
  const opened = (on, event) => new Promise((resolve) => on.on(event, resolve))
  const connected = opened(c, 'connected')
  if (app === 'counter') {
    c.on('message', (m) => client.got.push(m.data))
    c.on('publication', (p) => client.got.push(p.data))
    client.send = () => c.rpc('press', null)
    c.connect()
    await connected
    return client
  }
  const sub = c.newSubscription(app === 'broadcast' ? 'all' : 'here')
  const subscribed = opened(sub, 'subscribed')
  sub.on('publication', (p) => client.got.push(p.data))
  sub.on('join', (e) => client.got.push({ join: e.info.connInfo }))
  sub.on('leave', (e) => client.got.push({ left: e.info.connInfo }))
  client.send = (text) => sub.publish(text)
  sub.subscribe()
  c.connect()
  await subscribed
  if (app === 'presence') {
    const { clients } = await sub.presence()
    client.got.push({ here: Object.values(clients).map((p) => p.connInfo) })
  }
  return client
}

function socketio (port, app, name) {
  return new Promise((resolve, reject) => {
    const socket = io(`http://127.0.0.1:${port}`, {
      transports: ['websocket'], reconnection: false, forceNew: true
    })
    const client = {
      got: [],
      send: (text) => socket.emit(app === 'counter' ? 'press' : 'message', text),
      drop: () => socket.io.engine.transport.ws.terminate()
    }
    socket.on('message', (text) => client.got.push(text))
    socket.on('count', (n) => client.got.push(n))
    socket.on('here', (people) => client.got.push({ here: people.map((p) => p.name) }))
    socket.on('join', (p) => client.got.push({ join: p.name }))
    socket.on('left', (p) => client.got.push({ left: p.name }))
    socket.on('connect_error', reject)
    socket.on('connect', () => {
      if (name) socket.emit('name', name)
      resolve(client)
    })
  })
}

export const clients = { tyg: plain('/api/'), melody: plain('/ws'), centrifuge, socketio }
