// A graceful stop: whoever is connected is answered, and told that the connection will be closed; then nobody new is let in, connections close as they fall idle, and what was accepted is answered.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { FAREWELL_MS, STOP_WITHIN_MS } from './limits.ts'

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

/** Node knows which connections are idle, but not those that never sent a request, or never all of its headers. */
function watched(server: Server): Connections {
  /** With the number of requests that are being answered. */
  const open = new Map<Socket, number>()
  const add = (socket: Socket, requests: number): void => {
    const before = open.get(socket)
    if (before !== undefined) open.set(socket, before + requests)
  }
  server.on('connection', (socket: Socket) => {
    open.set(socket, 0)
    socket.once('close', () => open.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    add(socket, 1)
    response.once('close', () => add(socket, -1))
  })
  return {
    close(onlyIdle) {
      for (const [socket, requests] of open) if (!onlyIdle || requests === 0) socket.destroy()
    },
  }
}
