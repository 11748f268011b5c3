// Promises: a server from its start to its end. It is ready when it says so; told to end (SIGTERM, Ctrl-C), it answers what it accepted, closes
// the ledger, gives the embedded database back, and exits with 0, also when it was told so while it was still starting. Told twice, it ends
// at once. What it can not survive is logged, and it exits with 1.

import type { AddressInfo } from 'node:net'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { type Logger, pino } from 'pino'
import { serverLog } from '../commands/http/log.ts'
import { serverMetrics } from '../commands/http/metrics/server-metrics.ts'
import { buildServer, type ServerOptions } from '../commands/http/server.ts'
import { watchedBy } from '../ledger/feed-watch.ts'
import type { BatchStatistics } from '../ledger/group-commit.ts'
import type { Ledger } from '../ledger/index.ts'
import { analysts } from './analysts.ts'
import { explainListen } from './explain.ts'
import { openIn } from './open.ts'
import { whenOrphaned } from './orphan.ts'
import { print, say } from './output.ts'
import { assertReachable, migratePlace, openPlace, type Place } from './place.ts'
import { openProjections } from './projections.ts'
import { routes } from './routes.ts'
import type { GoodSettings } from './setting-flags.ts'
import { openAll } from './sinks.ts'
import { startTracing } from './tracing.ts'
import { welcome } from './welcome.ts'

/** The server itself cuts off what it could not answer in half a minute; PostgreSQL then writes what it holds. */
export const END_WITHIN_MS = 60_000
const STDERR = 2

export interface ServeOptions {
  readonly settings: GoodSettings
  readonly demo: boolean
  /** Migrate a database that has a URL, too. */
  readonly migrate: boolean
}

/** Throws if it could not start. Else the process ends here, by a signal. */
export async function serve(options: ServeOptions): Promise<never> {
  const log = serverLog(pino.destination({ dest: STDERR, sync: true }))
  process.stdout.on('error', () => undefined) // who started it may stop reading
  const end = new AsyncDisposableStack()
  const ending = new AbortController()
  const starting = start(options, log, end, ending.signal)
  const grace = closeWithGrace({ delay: END_WITHIN_MS, logger: { error: (...words) => say(words.join(' ')) } }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'the server ends')
    else say(`${signal ?? 'the end'}: answering what was accepted, then closing`)
    ending.abort()
    await starting.catch(() => undefined)
    await end.disposeAsync()
  })
  whenOrphaned(grace.close)
  try {
    await starting
  } catch (error) {
    if (!ending.signal.aborted) {
      grace.uninstall()
      await end.disposeAsync()
      throw error
    }
  }
  return new Promise(() => undefined)
}

/** What it has opened is on the stack, last first. */
async function start(
  { settings, demo, migrate }: ServeOptions,
  log: Logger,
  end: AsyncDisposableStack,
  ending: AbortSignal,
): Promise<void> {
  const place = end.use(await openPlace(settings, say))
  ending.throwIfAborted()
  await prepare(place, settings, migrate)
  ending.throwIfAborted()
  const { tracing } = end.use(await startTracing(process.env, log))
  const metrics = serverMetrics()
  const onBatch = (batch: BatchStatistics): void => {
    metrics.onBatch(batch)
    tracing?.onBatch(batch)
  }
  const ledger = end.use(await openIn(place, settings, { lanes: settings.settings.lanes, onBatch, onFailedBatch: metrics.onFailedBatch }))
  const watch = tracing ? watchedBy(metrics.feed, tracing.feed) : metrics.feed
  const { sinks, analytics, relays, statuses, troubled } = await openProjections(
    { place, settings, ledger, log, registry: metrics.registry },
    end,
  )
  const app = buildServer({
    ledger,
    ...admission(settings),
    routes: routes({
      sinks,
      analysts: await openAll(await analysts(settings), end),
      analytics,
      relays,
      watch,
    }),
    logger: log,
    metrics,
    tracing,
    troubled,
  })
  end.defer(() => app.close())
  if (demo) await playSampleData(ledger)
  ending.throwIfAborted()
  const url = await listen(app, settings)
  for (const line of welcome({ url, place, settings, demo, views: await statuses().catch(() => []) })) say(line)
  await print(`ready ${url} pid ${process.pid}`)
}

/** Who may come in, and how fast. */
function admission({ settings }: GoodSettings): Pick<ServerOptions, 'auth' | 'commandsPerSecond'> {
  const { auth, jwksUrl, jwtPublicKey: publicKey, jwtIssuer: issuer, jwtAudience: audience, rateLimit } = settings
  if (auth === 'jwt' && (issuer === undefined || audience === undefined))
    say('tokens of any issuer or audience are taken, if the key signed them: set STRATA_JWT_ISSUER and STRATA_JWT_AUDIENCE')
  return {
    auth: auth === 'none' ? 'none' : { jwksUrl, publicKey, issuer, audience },
    ...(rateLimit !== 'off' && { commandsPerSecond: rateLimit }),
  }
}

/** The embedded ledger follows the program; a database of one's own changes when somebody says so. */
async function prepare(place: Place, settings: GoodSettings, migrate: boolean): Promise<void> {
  if (!place.embedded) {
    const { status, detail, advice } = await assertReachable(place.url, { needsLedger: !migrate })
    if (status !== 'ok') say(`${detail}; ${advice}`)
  }
  if (place.embedded || migrate) {
    const { steps } = await migratePlace(place, settings)
    if (steps.length > 0) say(`migrated: ${steps.join(', ')}`)
  }
}

async function playSampleData(ledger: Ledger): Promise<void> {
  const { playDemo } = await import('./demo.ts')
  const applied = await playDemo(ledger)
  if (applied > 0) say(`sample data: ${applied} commands of a small trading day`)
}

async function listen(app: FastifyInstance, { settings: { host, port } }: GoodSettings): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    throw explainListen(error, host, port)
  }
  const { port: actual } = app.server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${actual}`
}
