// The server: routes for every command, one at a time and in bulk, health and metrics; routes for reading come from outside. Every answer that is not a success is a problem, whatever was sent.
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import type { Ledger } from '../../ledger/index.ts'
import { problem } from '../problem.ts'
import type { RequestTrace } from '../submit/request-trace.ts'
import { submitter, type OnFault } from '../submit/submitter.ts'
import { authentication } from './auth.ts'
import { bulkRoute } from './bulk.ts'
import { clientError } from './client-error.ts'
import { commandRoutes } from './command-routes.ts'
import { describedRoutes } from './description/described-routes.ts'
import { docsPage } from './description/docs-page.ts'
import { faultOf, logFault } from './fault.ts'
import { foreignPage } from './foreign-page.ts'
import { healthRoutes } from './health.ts'
import {
  HEADERS_TIMEOUT_MS,
  IDLE_CONNECTION_MS,
  KEEP_ALIVE_MS,
  MAX_BODY_BYTES,
  MAX_CONNECTIONS,
  MAX_HEADER_BYTES,
  MAX_PATH_PART_CHARACTERS,
} from './limits.ts'
import { measured } from './metrics/commands.ts'
import { requestMetrics } from './metrics/requests.ts'
import { metricsRoute, serverMetrics, type ServerMetrics } from './metrics/server-metrics.ts'
import { problemOf, sendProblem } from './problems.ts'
import { rateLimit } from './rate-limit.ts'
import { securityHeaders } from './security-headers.ts'
import { gracefulStop } from './stop.ts'
import { tokens, type TokenOptions } from './token.ts'
import type { Tracing } from './tracing/tracing.ts'

declare module 'fastify' {
  interface FastifyRequest {
    trace: RequestTrace | null
  }
}

/** Adds routes that stand elsewhere: readRoutes, feedRoutes. */
export type Routes = (app: FastifyInstance, ledger: Ledger) => void

export interface ServerOptions {
  readonly ledger: Ledger
  /** Who may do what: what their token says. `none`: anyone, everything; listen on a loopback address only. */
  readonly auth: 'none' | TokenOptions
  /** Commands a second, per actor. Undefined: any number. */
  readonly commandsPerSecond?: number
  readonly routes?: readonly Routes[]
  readonly tracing?: Tracing | undefined
  /** A pino logger, for faults and warnings. Requests are not logged. */
  readonly logger?: FastifyBaseLogger
  /** Made before the ledger was opened with its `onBatch` and `onFailedBatch`, and the feed's routes with its `feed`; without it, these are not measured. */
  readonly metrics?: ServerMetrics
  /** What is in trouble, though the server can do its work: health tells of it. */
  readonly troubled?: () => Promise<readonly object[]>
}

const HOST_MISSING = problem('invalid_request', 'HTTP/1.1 needs a Host header', {
  errors: [{ pointer: 'host', detail: 'is required' }],
})

/** Closing it answers all that was accepted; the ledger is closed afterwards, by whoever opened it. */
export function buildServer({
  ledger,
  auth,
  commandsPerSecond,
  routes = [],
  logger,
  metrics = serverMetrics(),
  tracing,
  troubled = () => Promise.resolve([]),
}: ServerOptions): FastifyInstance {
  const app = Fastify({
    ...(logger && { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    connectionTimeout: IDLE_CONNECTION_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A bulk request lasts as long as it lasts: bodies.ts bounds the others.
    requestTimeout: 0,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requireHostHeader: false },
    routerOptions: { maxParamLength: MAX_PATH_PART_CHARACTERS },
    // They are answered, not refused: what is asked while the server stops is asked in time.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: clientError,
    // No hook has seen these.
    frameworkErrors: (error, request, reply) =>
      authenticated(request, securityHeaders(reply), () => void sendProblem(reply, problemOf(error, onFault, request.trace))),
  })
  const onFault: OnFault = (error, trace) => {
    metrics.onFault()
    logFault(app.log, error, trace)
  }
  app.server.maxConnections = MAX_CONNECTIONS
  // An expectation that is not known is left alone, as RFC 9110 allows.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))

  app.removeAllContentTypeParsers()
  app.setErrorHandler((error, request, reply) => sendProblem(reply, problemOf(error, onFault, request.trace)))
  app.setNotFoundHandler((request, reply) => sendProblem(reply, problem('not_found', `there is no route ${request.method} here`)))
  requestMetrics(app, metrics.registry)
  app.decorateRequest('trace', null)
  tracing?.requests(app)
  app.addHook('onRequest', (_, reply, done) => {
    securityHeaders(reply)
    done()
  })
  const authenticated = authentication(
    app,
    auth === 'none'
      ? undefined
      : tokens(auth, (error) => app.log.warn({ fault: faultOf(error) }, 'the published keys could not be fetched')),
  )
  app.addHook('onRequest', (request, reply, done) => {
    // Node would refuse it without a body.
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') return void sendProblem(reply, HOST_MISSING)
    const foreign = auth === 'none' ? foreignPage(request.method, request.headers) : undefined
    return foreign ? void sendProblem(reply, foreign) : done()
  })

  const stopping = gracefulStop(app)
  const counted = measured(submitter(ledger, onFault), metrics)
  const commands = tracing?.commands(counted) ?? counted
  const rate = commandsPerSecond === undefined ? undefined : rateLimit(commandsPerSecond)
  describedRoutes(app, { auth: auth === 'none' ? 'none' : 'jwt' })
  commandRoutes(app, commands, rate)
  bulkRoute(app, { ledger, submitter: commands, onUnreadLine: metrics.onUnreadLine, rate, stopping: stopping.signal })
  healthRoutes(app, { ledger, troubled, stopping: stopping.signal })
  metricsRoute(app, metrics, ledger)
  docsPage(app)
  for (const add of routes) add(app, ledger)
  return app
}
