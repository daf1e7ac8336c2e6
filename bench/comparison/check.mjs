// check runs the three applications of each library with real clients, and fails if a message is
// missing, comes twice, or a lost connection is not noticed: npm install && node check.mjs [LIBRARY…]
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { clients } from './clients.mjs'

const messages = 15 // of each client
const bin = mkdtempSync(path.join(tmpdir(), 'comparison-'))

const sources = {
  tyg: (app) => app === 'broadcast' ? './tyg/broadcast' : `github.com/tyg-dev/tyg/examples/${app}`,
  melody: (app) => `./melody/${app}`,
  centrifuge: (app) => `./centrifuge/${app}`
}

async function freePort () {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function start (library, app) {
  const port = await freePort()
  let command = ['node', `socketio/${app}.mjs`, port]
  if (library !== 'socketio') {
    const program = path.join(bin, `${library}-${app}`)
    execFileSync('go', ['build', '-o', program, sources[library](app)], { stdio: 'inherit' })
    const addr = `127.0.0.1:${port}`
    command = library === 'tyg' ? [program, '-addr', addr] : [program, addr]
  }
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] })
  for (;;) {
    const probe = net.connect(port, '127.0.0.1')
    const up = await once(probe, 'connect').then(() => true, () => false)
    probe.destroy()
    if (up) return { port, stop: () => child.kill('SIGKILL') }
    if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

// until waits for a condition, and says what is wrong if it does not come.
async function until (what, holds, state) {
  const end = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > end) throw new Error(`${what}: ${JSON.stringify(state())}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const counts = (list) => Object.fromEntries(
  [...new Set(list)].sort().map((x) => [x, list.filter((y) => y === x).length]))

const checks = {
  async broadcast (open) {
    const all = [await open(), await open(), await open()]
    const lost = await open()
    lost.drop()
    const sent = []
    for (let n = 0; n < messages; n++) {
      for (const [i, c] of all.entries()) {
        sent.push(`${i}-${n}`)
        c.send(`${i}-${n}`)
      }
    }
    for (const c of all) {
      await until('missing messages', () => c.got.length >= sent.length, () => c.got)
      if (!isDeepStrictEqual(counts(c.got), counts(sent))) throw new Error(`got ${c.got}`)
    }
    return `${all.map((c) => c.got.length)} messages`
  },
  async counter (open) {
    const all = [await open(), await open(), await open()]
    const lost = await open()
    for (const c of [...all, lost]) await until('no first count', () => c.got.length > 0, () => c.got)
    lost.drop()
    for (let n = 0; n < messages; n++) for (const c of all) c.send('press')
    const want = counts(Array.from({ length: 3 * messages + 1 }, (_, n) => n))
    for (const c of all) {
      await until('missing counts', () => c.got.length > 3 * messages, () => c.got)
      if (!isDeepStrictEqual(counts(c.got), want)) throw new Error(`got ${c.got}`)
    }
    const late = await open()
    await until('no late count', () => late.got.length > 0, () => late.got)
    if (late.got[0] !== 3 * messages) throw new Error(`a late client got ${late.got}`)
    return `${all.map((c) => Math.max(...c.got))}, a late client ${late.got[0]}`
  },
  async presence (open) {
    const has = (c, e) => c.got.some((g) => isDeepStrictEqual(g, e))
    const see = (c, e) => until(`no ${JSON.stringify(e)}`, () => has(c, e), () => c.got)
    const john = await open('John')
    const jenny = await open('Jenny')
    await see(john, { join: 'Jenny' })
    for (let n = 0; n < messages; n++) {
      const name = `Guest ${n}`
      const guest = await open(name)
      await until('no list', () => guest.got.some((g) => g.here), () => guest.got)
      const { here } = guest.got.find((g) => g.here)
      if (!isDeepStrictEqual([...here].sort(), [name, 'Jenny', 'John'])) throw new Error(`here: ${here}`)
      guest.drop()
      for (const c of [john, jenny]) {
        await see(c, { join: name })
        await see(c, { left: name })
      }
    }
    const events = (c, kind) => c.got.filter((g) => g[kind]?.startsWith('Guest')).length
    const seen = [john, jenny].map((c) => `${events(c, 'join')} joined, ${events(c, 'left')} lost`)
    if (new Set(seen).size > 1 || !seen[0].startsWith(`${messages} joined, ${messages}`)) throw new Error(seen)
    return seen[0]
  }
}

for (const library of process.argv.slice(2).length ? process.argv.slice(2) : Object.keys(clients)) {
  for (const [app, check] of Object.entries(checks)) {
    const server = await start(library, app)
    try {
      const seen = await check((name) => clients[library](server.port, app, name))
      console.log(`${library} ${app}: ${seen}`)
    } finally {
      server.stop()
    }
  }
}
process.exit(0)
