// Measures of HTTP: every request by method, route and status. A route is its pattern, never a path: paths have ids, and there is no end to them.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { problemKinds } from '../../problem.ts'
import { routePattern } from '../route-pattern.ts'
import { lookedUp, remembered, SECONDS } from './instruments.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** The code of the problem that it answers. */
    problemCode: string | null
  }
}

/** Of a path that leads nowhere, whatever the method. */
const NONE = 'none'
/** The client left before all of it was answered. */
const ABORTED = 'aborted'
const EVENTS = 'text/event-stream'

/** Every request that comes to the hooks; to be called before other hooks that may answer. */
export function requestMetrics(app: FastifyInstance, registry: Registry): void {
  const registers = [registry]
  const duration = new Histogram({
    name: 'strata_http_request_duration_seconds',
    help: 'From a request to the end of its answer, by method, route and status; without event streams, which last',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  })
  const refused = new Counter({
    name: 'strata_http_requests_refused_total',
    help: "Requests answered with a problem, by the problem's code",
    labelNames: ['code'],
    registers,
  })
  // So that a rate is there when the first one comes.
  for (const code of Object.keys(problemKinds)) refused.labels(code).inc(0)
  const inFlight: Gauge<'route'> = new Gauge({
    name: 'strata_http_requests_in_flight',
    help: 'Requests that are being answered, by route',
    labelNames: ['route'],
    registers,
    collect: () => open.forEach((count, route) => inFlight.labels(route).set(count)),
  })
  lookedUp(registry, 'strata_http_connections', 'Open connections of clients', () => connectionsOf(app))
  const open = new Map<string, number>()
  const timers = remembered((method = '', route = '', status = '') => duration.labels(method, route, status))

  function ended({ method }: FastifyRequest, reply: FastifyReply, route: string, started: number): void {
    open.set(route, (open.get(route) ?? 1) - 1)
    if (reply.problemCode !== null) refused.labels(reply.problemCode).inc()
    if (String(reply.getHeader('content-type')).startsWith(EVENTS)) return
    const status = reply.raw.writableFinished ? String(reply.statusCode) : ABORTED
    timers(route === NONE ? NONE : method, route, status).observe((performance.now() - started) / 1000)
  }

  app.decorateReply('problemCode', null)
  app.addHook('onRequest', (request, reply, done) => {
    const started = performance.now()
    const { url } = request.routeOptions
    const route = url === undefined ? NONE : routePattern(url)
    open.set(route, (open.get(route) ?? 0) + 1)
    reply.raw.once('close', () => ended(request, reply, route, started))
    done()
  })
}

const connectionsOf = ({ server }: FastifyInstance): Promise<number> =>
  new Promise((done) => server.getConnections((error, count) => done(error ? 0 : count)))
