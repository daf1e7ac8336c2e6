// broadcast sends every message to all clients, with Socket.IO: node broadcast.mjs PORT
import { Server } from 'socket.io'

const io = new Server()
io.on('connection', (socket) => {
  socket.on('message', (text) => io.emit('message', text))
})
io.listen(Number(process.argv[2]))
