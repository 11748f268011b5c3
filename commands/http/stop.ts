// A graceful stop: whoever is connected is answered, and told that the connection will be closed; then nobody new is let in, connections close as they fall idle, and what was accepted is answered.
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
  let sweep: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    stop.abort()
    if (!app.server.listening) return
    await sleep(FAREWELL_MS)
    const cutOffAt = Date.now() + STOP_WITHIN_MS
    sweep = setInterval(() => {
      if (Date.now() < cutOffAt) app.server.closeIdleConnections()
      else app.server.closeAllConnections()
    }, SWEEP_EVERY_MS)
  })
  app.addHook('onClose', () => clearInterval(sweep))
  return { signal: stop.signal }
}
