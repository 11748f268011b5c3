// Promises: named queries over HTTP: what they are, what they answer, who may ask, and what comes of questions that are wrong, too many or too slow.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TookTooLong } from '../ledger/failure.ts'
import { fillViews } from '../projections/queries/contract.testing.ts'
import { deskTickets, deskTrades, recorded } from '../projections/queries/desk.testing.ts'
import { queries } from '../projections/queries/index.ts'
import { temporaryTables } from '../projections/queries/tables.testing.ts'
import { MAX_QUERIES_AT_A_TIME, MAX_WAITING_QUERIES, queryRoutes, type Analyst } from '../projections/serving/query-routes.ts'
import type { AnalyticSink } from '../projections/sinks/sink.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { served, type Served } from '../test/served.ts'
import { AUDIENCE, ed25519, ISSUER } from '../test/tokens.ts'
import { routes } from './routes.ts'

let db: TestDatabase
let sink: AnalyticSink
let server: Served

before(async () => {
  db = await testDatabase()
  sink = await temporaryTables()
  await fillViews(sink, recorded([...deskTrades(100), ...deskTickets(10)]))
  server = await served(db.url, { routes: routes({ analysts: [sink] }) })
})
after(async () => {
  await server.close()
  await sink[Symbol.asyncDispose]()
  await db.drop()
})

interface Answered {
  readonly data: readonly Readonly<Record<string, unknown>>[]
  readonly hasMore: boolean
  readonly total?: object
}

const ask = async (path: string): Promise<Answered> => {
  const { status, text } = await server.call('GET', `/v1/queries/${path}`)
  assert.equal(status, 200, text)
  return JSON.parse(text) as Answered
}

test('every query is listed with its parameters, and answers', async () => {
  const { status, text } = await server.call('GET', '/v1/queries')
  const { data, sinks } = JSON.parse(text) as {
    readonly data: readonly { readonly name: string; readonly parameters: readonly object[] }[]
    readonly sinks: unknown
  }
  assert.deepEqual([status, sinks], [200, ['tables']])
  assert.deepEqual(
    data.map(({ name }) => name),
    Object.keys(queries),
  )
  assert.deepEqual(data.find(({ name }) => name === 'portfolio_risk')?.parameters, [
    { name: 'owner', description: 'Only of this owner.', required: false },
    { name: 'instrument', description: 'Only of this instrument.', required: false },
    { name: 'limit', description: 'How many rows at most; 100 if it is left out.', required: false },
  ])
})

test('rows, whether there are more, and a total where the query has one', async () => {
  const history = await ask('trade_history?owner=alice&limit=3')
  assert.deepEqual([history.data.length, history.hasMore, 'total' in history], [3, true, false])
  assert.ok(history.data.every(({ tradeId }) => String(tradeId).startsWith('trade:alice:')))
  assert.equal((await ask('portfolio_risk?owner=alice&sink=tables')).data.length, 3)
  assert.ok((await ask('portfolio_risk?owner=alice')).total)
})

test('what is not a question is a 400 that says where; a query or a sink that is not there a 404', async () => {
  const problem = async (path: string) => (await server.call('GET', `/v1/queries/${path}`)).problem
  for (const [path, pointer] of [
    ['trade_history?limit=0', 'limit'],
    ['trade_history?limit=1001', 'limit'],
    ['trade_history?ower=alice', 'ower'],
    ['trade_history?from=yesterday', 'from'],
    ['trade_history?owner=a&owner=b', 'owner'],
  ] as const) {
    const { status, errors } = await problem(path)
    assert.deepEqual([status, errors?.[0]?.pointer], [400, pointer], path)
  }
  assert.equal((await problem('nothing')).status, 404)
  assert.match((await problem('trade_history?sink=snowflake')).detail, /there is tables/)
})

const withAnalyst = (select: Analyst['select'], timeoutMs?: number): Promise<Served> =>
  served(db.url, {
    routes: [
      (app) =>
        queryRoutes(app, {
          analysts: [{ name: 'duckdb-abc123', select }],
          queries: Object.values(queries),
          ...(timeoutMs !== undefined && { timeoutMs }),
        }),
    ],
  })

test('no sink that answers: 503, with a sentence', async () => {
  await using without = await served(db.url, { routes: routes() })
  const { status, problem } = await without.call('GET', '/v1/queries/trade_history')
  assert.deepEqual([status, problem.code], [503, 'unavailable'])
  assert.match(problem.detail, /no sink answers queries/)
})

test('what takes too long is a 504, and says so in the words of the whole time', async () => {
  const given: number[] = []
  await using slow = await withAnalyst(async (_, { timeoutMs }) => {
    given.push(timeoutMs)
    await sleep(timeoutMs)
    throw new TookTooLong(timeoutMs)
  }, 100)
  const { status, problem } = await slow.call('GET', '/v1/queries/trade_history?sink=duckdb')
  assert.deepEqual([status, problem.code, problem.detail], [504, 'took_too_long', 'it took more than 0.1 s'])
  assert.ok(given.every((ms) => Number.isInteger(ms) && ms > 0 && ms <= 100))
})

test('a few at a time; who waits too long, or comes when too many wait, is told so', async () => {
  let running = 0
  let most = 0
  await using busy = await withAnalyst(async () => {
    most = Math.max(most, ++running)
    await sleep(300)
    running--
    return []
  }, 1_000)
  const all = await Promise.all(
    Array.from({ length: MAX_QUERIES_AT_A_TIME + MAX_WAITING_QUERIES + 5 }, () => busy.call('GET', '/v1/queries/trade_history')),
  )
  assert.equal(most, MAX_QUERIES_AT_A_TIME)
  const codes = Map.groupBy(all, ({ status, problem }) => (status === 200 ? 'done' : problem.code))
  assert.deepEqual([...codes.keys()].toSorted(), ['done', 'overloaded'])
  assert.ok((codes.get('done')?.length ?? 0) >= 2 * MAX_QUERIES_AT_A_TIME && (codes.get('overloaded')?.length ?? 0) >= 5)
  assert.equal((await busy.call('GET', '/v1/queries/trade_history')).status, 200)
})

test('a question whose asker has left is given up', async () => {
  const asked = Promise.withResolvers<AbortSignal | undefined>()
  await using slow = await withAnalyst(async (_, { signal }) => {
    asked.resolve(signal)
    await sleep(60_000, undefined, { signal })
    return []
  }, 60_000)
  const leaving = new AbortController()
  const call = slow.call('GET', '/v1/queries/trade_history', { signal: leaving.signal })
  const signal = await asked.promise
  leaving.abort()
  await assert.rejects(call)
  for (let n = 0; n < 100 && !signal?.aborted; n++) await sleep(20)
  assert.equal(signal?.aborted, true)
})

test('an owner sees what is his own; an auditor, all; others nothing', async () => {
  const issuer = ed25519()
  const auth = { publicKey: issuer.pem, issuer: ISSUER, audience: AUDIENCE }
  await using guarded = await served(db.url, { auth, routes: routes({ analysts: [sink] }) })
  const asked = async (scope: string, path: string) => {
    const headers = { authorization: `Bearer ${issuer.token({ sub: 'alice', scope })}` }
    return (await guarded.call('GET', path, { headers })).status
  }
  for (const name of Object.keys(queries)) {
    const given = name === 'versions_as_of' ? '&asOf=2026-01-06T00:00:00Z' : ''
    assert.equal(await asked('submit', `/v1/queries/${name}?owner=alice${given}`), 200, name)
    assert.equal(await asked('submit', `/v1/queries/${name}?owner=bob${given}`), 403, name)
    assert.equal(await asked('submit', `/v1/queries/${name}?limit=5${given}`), 403, name)
    for (const scope of ['audit', 'submit:any']) assert.equal(await asked(scope, `/v1/queries/${name}?limit=5${given}`), 200, name)
    for (const scope of ['consume', 'operate']) assert.equal(await asked(scope, `/v1/queries/${name}?owner=alice${given}`), 403, name)
  }
  assert.equal(await asked('submit', '/v1/queries'), 200)
  assert.equal(await asked('consume', '/v1/queries'), 403)
})
