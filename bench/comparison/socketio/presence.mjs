// presence tells clients who is connected, by name, with Socket.IO: node presence.mjs PORT
import { Server } from 'socket.io'

const io = new Server()
io.on('connection', (socket) => {
  // The first message of a client is a name.
  socket.on('name', async (text) => {
    const name = typeof text === 'string' ? text.trim() : ''
    if (name === '' || name.length > 120) return socket.emit('refused', 'a name has 1 to 120 characters')
    socket.data.name = name
    if (!socket.rooms.has('here')) {
      await socket.join('here')
      socket.to('here').emit('join', { id: socket.id, name })
    }
    const sockets = await io.in('here').fetchSockets()
    socket.emit('here', sockets.map((s) => ({ id: s.id, name: s.data.name })))
  })
  socket.on('disconnect', () => {
    if (socket.data.name) io.to('here').emit('left', { id: socket.id, name: socket.data.name })
  })
})
io.listen(Number(process.argv[2]))
