// GET /v1/queries and /v1/queries/{name}: named queries, answered by the first analytic sink there is, or the one that is asked for. A few at a time, each for a few seconds at most.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { NotFound, TookTooLong, Unavailable } from '../../ledger/failure.ts'
import { assertMay, principalOf } from '../../ledger/principal.ts'
import { queryOf } from '../../ledger/request.ts'
import type { Answer, Given, Query } from '../queries/query.ts'
import type { AnalyticSink } from '../sinks/sink.ts'
import { listedQuery, listQueriesOperation, queryOperation } from './query-operation.ts'
import { turns } from '../turns.ts'

/** Who answers queries. */
export type Analyst = Pick<AnalyticSink, 'name' | 'select'>

/** From the request to its answer. */
export const QUERY_TIMEOUT_MS = 5_000
export const MAX_QUERIES_AT_A_TIME = 4
export const MAX_WAITING_QUERIES = 64

export interface QueryRoutesOptions {
  /** The first one answers where nobody says which. */
  readonly analysts: readonly Analyst[]
  readonly queries: readonly Query[]
  readonly timeoutMs?: number
}

const NO_QUERY = z.strictObject({})
const sinkSchema = z.looseObject({ sink: z.string().optional() })

export function queryRoutes(app: FastifyInstance, { analysts, queries, timeoutMs = QUERY_TIMEOUT_MS }: QueryRoutesOptions): void {
  const stopping = new AbortController()
  app.addHook('preClose', (done) => {
    stopping.abort()
    done()
  })
  const inTurn = turns({ atATime: MAX_QUERIES_AT_A_TIME, waiting: MAX_WAITING_QUERIES })

  app.get('/v1/queries', { config: { operation: listQueriesOperation } }, (request) => {
    queryOf(NO_QUERY, request.query)
    const principal = principalOf(request)
    assertMay(principal, { to: 'read', owner: principal.owner })
    return { data: queries.map(listedQuery), sinks: analysts.map(({ name }) => name) }
  })

  for (const query of queries)
    app.get(`/v1/queries/${query.name}`, { config: { operation: queryOperation(query) } }, async (request, reply): Promise<Answer> => {
      const { sink, ...rest } = queryOf(sinkSchema, request.query)
      const given = queryOf(query.parameters, rest)
      assertMay(principalOf(request), { to: 'read', owner: given.owner })
      const analyst = analystNamed(analysts, sink)
      const leaving = AbortSignal.any([gone(reply), stopping.signal])
      try {
        return await inTime(query, given, analyst, leaving)
      } catch (error) {
        if (error instanceof TookTooLong) throw new TookTooLong(timeoutMs)
        throw leaving.aborted ? new Unavailable('the server is stopping', { cause: error }) : error
      }
    })

  /** The time that it waits for its turn counts. */
  function inTime(query: Query, given: Given, analyst: Analyst, signal: AbortSignal): Promise<Answer> {
    const started = performance.now()
    return inTurn(
      async () => {
        const left = Math.max(1, Math.ceil(timeoutMs - (performance.now() - started)))
        return query.answer(await analyst.select(query.select(given), { timeoutMs: left, signal }), given)
      },
      AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    )
  }
}

/** `duckdb` is also how a server's own file is called, whatever comes behind it. */
export function analystNamed<Named extends Pick<Analyst, 'name'>>(analysts: readonly Named[], sink: string | undefined): Named {
  const [first] = analysts
  if (!first) throw new Unavailable('there are no analytics here: no sink answers queries')
  const found = sink === undefined ? first : analysts.find(({ name }) => name === sink || name.startsWith(`${sink}-`))
  if (!found)
    throw new NotFound(`there is no sink ${sink ?? ''} here that answers queries: there is ${analysts.map(({ name }) => name).join(', ')}`)
  return found
}

/** When whoever asked is no longer there. */
function gone({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  raw.once('close', () => controller.abort())
  return controller.signal
}
