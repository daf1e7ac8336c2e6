// counter counts how often all clients together pressed a button, with Socket.IO: node counter.mjs PORT
import { Server } from 'socket.io'

const io = new Server()
let clicks = 0
io.on('connection', (socket) => {
  socket.emit('count', clicks)
  socket.on('press', () => io.emit('count', ++clicks))
})
io.listen(Number(process.argv[2]))
