// A graceful stop: whoever is connected is answered, and told that the connection will be closed; then nobody new is let in, connections close as they fall idle, and what was accepted is answered.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { FAREWELL_MS, FIRST_REQUEST_MS, STOP_WITHIN_MS } from './limits.ts'

const SWEEP_EVERY_MS = 20

export interface Stopping {
  /** Aborts when the stop begins. */
  readonly signal: AbortSignal
}

/** Fastify has every response since the stop began say `Connection: close`. */
export function gracefulStop(app: FastifyInstance): Stopping {
  const stop = new AbortController()
  const connections = watched(app.server)
  let sweep: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    stop.abort()
    if (!app.server.listening) return
    await sleep(FAREWELL_MS)
    const cutOffAt = Date.now() + STOP_WITHIN_MS
    sweep = setInterval(() => connections.close(Date.now() < cutOffAt), SWEEP_EVERY_MS)
  })
  app.addHook('onClose', () => clearInterval(sweep))
  return { signal: stop.signal }
}

interface Connections {
  close(onlyIdle: boolean): void
}

interface Connection {
  readonly openedAt: number
  /** That are being answered. */
  requests: number
  /** Whether it has been answered before: it knows that it will be closed. */
  answered: boolean
}

/** Node knows which connections are idle, but not those that never sent a request, or never all of its headers. */
function watched(server: Server): Connections {
  const open = new Map<Socket, Connection>()
  server.on('connection', (socket: Socket) => {
    open.set(socket, { openedAt: Date.now(), requests: 0, answered: false })
    socket.once('close', () => open.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = open.get(socket)
    if (!connection) return
    connection.requests++
    response.once('close', () => {
      connection.requests--
      connection.answered = true
    })
  })
  /** A connection that has just been opened has its first request on the way. */
  const isIdle = ({ openedAt, requests, answered }: Connection): boolean =>
    requests === 0 && (answered || Date.now() - openedAt > FIRST_REQUEST_MS)
  return {
    close(onlyIdle) {
      for (const [socket, connection] of open) if (!onlyIdle || isIdle(connection)) socket.destroy()
    },
  }
}
