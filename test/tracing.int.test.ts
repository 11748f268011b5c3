// Promises: with OpenTelemetry's variables a real server tells a collector the way of a command, from its request to its commit to the feed, and nothing of what it is about; a collector that is
// away costs no request.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { attributesOf, collector, type Collector, type Span } from './collector.ts'
import { testDatabase, type TestDatabase } from './database.ts'
import { server, type Server } from './strata.ts'

const SECRET = {
  owner: 'Secret.Owner',
  local: 'Secret-Local',
  amount: '987654321.25',
  key: 'Secret-Key',
  actor: 'Secret-Actor',
  correlation: 'Secret-Correlation',
}
const ACCOUNT = `account:${SECRET.owner}:${SECRET.local}`

let database: TestDatabase
let told: Collector
let traced: Server
const env = (settings: Readonly<Record<string, string>>) => ({
  STRATA_DATABASE_URL: database.url,
  OTEL_BSP_SCHEDULE_DELAY: '50',
  ...settings,
})

before(async () => {
  database = await testDatabase()
  told = await collector()
  traced = await server(
    env({ OTEL_EXPORTER_OTLP_ENDPOINT: told.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_SERVICE_NAME: 'books' }),
  )
  assert.equal((await post(traced.url, '/v1/accounts', { owner: SECRET.owner, accountId: SECRET.local, currency: 'USD' })).status, 201)
  assert.equal((await deposit()).status, 200) // opens the boundary account
})
after(async () => {
  await traced[Symbol.asyncDispose]()
  await told[Symbol.asyncDispose]()
  await database.drop()
})

interface Parent {
  readonly traceId: string
  readonly spanId: string
  readonly header: string
}

function parent(flags = '01'): Parent {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  return { traceId, spanId, header: `00-${traceId}-${spanId}-${flags}` }
}

async function post(
  url: string,
  path: string,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': type, 'x-strata-actor': SECRET.actor, 'x-correlation-id': SECRET.correlation, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

const deposit = (headers: Readonly<Record<string, string>> = {}, url = traced.url) =>
  post(url, `/v1/accounts/${ACCOUNT}/deposit`, { amount: SECRET.amount }, headers)
const of = (spans: readonly Span[], { traceId }: Parent, name: string): Span | undefined =>
  spans.find((span) => span.traceId === traceId && span.name === name)
/** Spans are told to the millisecond, by clocks that are set against each other for each. */
const TOLERANCE_NANOS = 5_000_000n
const isWithin = (part: Span, whole: Span): boolean =>
  BigInt(part.startTimeUnixNano) + TOLERANCE_NANOS >= BigInt(whole.startTimeUnixNano) &&
  BigInt(part.endTimeUnixNano) <= BigInt(whole.endTimeUnixNano) + TOLERANCE_NANOS
const linkedTo = ({ links = [] }: Span): readonly string[] => links.map(({ spanId }) => spanId)

test('one trace from the request to the commit to the feed', async () => {
  const leave = new AbortController()
  const reader = (
    await fetch(`${traced.url}/v1/feed?after=end`, { headers: { accept: 'text/event-stream' }, signal: leave.signal })
  ).body?.getReader()
  const trace = parent()
  assert.equal((await deposit({ traceparent: trace.header, 'idempotency-key': SECRET.key })).status, 200)
  for (let heard = ''; !heard.includes('FundsDeposited'); heard += Buffer.from((await reader?.read())?.value ?? []).toString());

  const [request, command, queue, batch, delivery] = await told.until((spans) => {
    const found = ['POST /v1/accounts/{id}/deposit', 'Deposit', 'queue', 'commit batch', 'feed deliver'].map((name) =>
      of(spans, trace, name),
    )
    return found.every((span) => span !== undefined) ? found : undefined
  })
  leave.abort()
  assert.ok(request && command && queue && batch && delivery)
  assert.deepEqual([request.parentSpanId, request.kind], [trace.spanId, 2])
  assert.deepEqual(attributesOf(request), {
    'http.request.method': 'POST',
    'http.route': '/v1/accounts/{id}/deposit',
    'http.response.status_code': 200,
    'url.scheme': 'http',
    'network.protocol.version': '1.1',
  })
  assert.deepEqual(
    [command.parentSpanId, queue.parentSpanId, batch.parentSpanId, delivery.parentSpanId],
    [request.spanId, command.spanId, command.spanId, command.spanId],
  )
  assert.deepEqual(attributesOf(command), { 'strata.command': 'Deposit', 'strata.outcome': 'applied', 'strata.versions': 2 })
  assert.deepEqual([linkedTo(command), linkedTo(batch), linkedTo(delivery)], [[batch.spanId], [command.spanId], [command.spanId]])
  assert.equal(attributesOf(batch)['db.system.name'], 'postgresql')
  assert.deepEqual([attributesOf(batch)['strata.batch.versions'], attributesOf(delivery)['strata.feed.versions']], [2, 2])
  // Each within what it is a part of.
  for (const [part, whole] of [
    [command, request],
    [queue, command],
    [batch, command],
  ] as const)
    assert.ok(isWithin(part, whole), `${part.name} in ${whole.name}`)
  assert.match(told.bodies[0] ?? '', /"service.name","value":\{"stringValue":"books"\}/)
  assert.equal(told.types[0], 'POST /v1/traces application/json')
})

test('commands that commit together share a batch, which is linked with each of them', async () => {
  const traces = Array.from({ length: 40 }, () => parent())
  const answers = await Promise.all(traces.map(({ header }) => deposit({ traceparent: header })))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  const commands = await told.until((spans) => {
    const found = traces.map((trace) => of(spans, trace, 'Deposit'))
    return found.every((span) => span !== undefined) ? found : undefined
  })
  const batches = new Set(commands.flatMap((span) => (span ? linkedTo(span) : [])))
  assert.ok(batches.size < commands.length, `${batches.size} batches`)
  const linked = await told.until((spans) => {
    const found = spans.filter(({ spanId }) => batches.has(spanId))
    return found.length === batches.size ? found.flatMap(linkedTo) : undefined
  })
  assert.deepEqual(linked.toSorted(), commands.map((span) => span?.spanId).toSorted())
})

test('refused, not sampled, without a parent, with one that is none, in bulk', async () => {
  const [refused, unsampled, bulk] = [parent(), parent('00'), parent()]
  assert.equal(
    (await post(traced.url, `/v1/accounts/${ACCOUNT}/withdraw`, { amount: '9'.repeat(20) }, { traceparent: refused.header })).status,
    422,
  )
  assert.equal((await deposit({ traceparent: unsampled.header })).status, 200)
  assert.equal((await deposit({ traceparent: '00-no-trace-01' })).status, 200)
  const line = JSON.stringify({ command: 'Deposit', entityId: ACCOUNT, data: { amount: SECRET.amount } })
  assert.equal((await post(traced.url, '/v1/commands', `${line}\n`.repeat(150), { traceparent: bulk.header })).status, 200)
  assert.equal((await post(traced.url, '/v1/commands?mode=atomic', `${line}\n`.repeat(3), { traceparent: bulk.header })).status, 200)
  await fetch(`${traced.url}/health/ready`)

  const command = await told.until((spans) => of(spans, refused, 'Withdraw'))
  assert.deepEqual([attributesOf(command)['strata.outcome'], command.status.code ?? 0], ['insufficient_funds', 0])
  const atomic = await told.until((spans) => of(spans, bulk, 'atomic'))
  assert.equal(attributesOf(atomic)['strata.versions'], 6)
  await told.until((spans) =>
    spans.filter(({ traceId, name }) => traceId === bulk.traceId && name === 'POST /v1/commands').length === 2 ? true : undefined,
  )
  assert.equal(told.spans.filter(({ traceId, name }) => traceId === bulk.traceId && name === 'Deposit').length, 100)
  assert.ok(!told.spans.some(({ traceId }) => traceId === unsampled.traceId))
  assert.ok(!told.spans.some(({ name }) => name.includes('health')))
})

test('a fault is in the log with its trace', async () => {
  const client = new pg.Client(database.url)
  await client.connect()
  const trace = parent()
  await client.query('alter function ledger.append rename to appendix')
  assert.equal((await deposit({ traceparent: trace.header })).status, 500)
  await client.query('alter function ledger.appendix rename to append')
  await client.end()
  const [request, command] = await told.until((spans) => {
    const found = [of(spans, trace, 'POST /v1/accounts/{id}/deposit'), of(spans, trace, 'Deposit')] as const
    return found[0] && found[1] ? [found[0], found[1]] : undefined
  })
  assert.ok(request && command)
  for (const span of [request, command]) assert.deepEqual([span.status.code, attributesOf(span)['error.type']], [2, 'internal_error'])
  traced.kill('SIGTERM')
  const { stderr, code } = await traced.ended
  assert.equal(code, 0)
  const fault = stderr.split('\n').find((line) => line.includes('fault of the server')) ?? '{}'
  assert.deepEqual((({ trace_id, span_id }) => [trace_id, span_id])(JSON.parse(fault) as Record<string, unknown>), [
    trace.traceId,
    request.spanId,
  ])
})

test('no span says anything of what a command is about', () => {
  assert.ok(told.spans.length > 300)
  const all = told.bodies.join('\n')
  for (const secret of [...Object.values(SECRET), '127.0.0.1', 'USD']) assert.ok(!all.includes(secret), secret)
})

test('a collector that is away: one line in the log, and no request fails or waits', async () => {
  const running = await server(env({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_TIMEOUT: '200' }))
  const longest = []
  for (let n = 0; n < 50; n++) {
    const started = performance.now()
    assert.equal((await deposit({ traceparent: parent().header }, running.url)).status, 200)
    longest.push(performance.now() - started)
  }
  const started = performance.now()
  running.kill('SIGTERM')
  const { code, stderr } = await running.ended
  assert.equal(code, 0)
  assert.ok(performance.now() - started < 10_000)
  assert.ok(Math.max(...longest) < 5_000)
  assert.equal(stderr.split('\n').filter((line) => line.includes('traces: spans could not be sent')).length, 1, stderr)
})

test('as protobuf unless it is said otherwise; with what can not be sent a warning; switched off, nothing', async () => {
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: told.url }
  for (const [more, sent, said] of [
    [{}, true, /^(?!.*no traces)/s],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      false,
      /no traces: OTEL_EXPORTER_OTLP_PROTOCOL is grpc, and can be http\/protobuf or http\/json/,
    ],
    [{ OTEL_SDK_DISABLED: 'true' }, false, /^(?!.*no traces)/s],
    [{ OTEL_TRACES_EXPORTER: 'none' }, false, /^(?!.*no traces)/s],
  ] as const) {
    const before = told.types.length
    const running = await server(env({ ...settings, ...more }))
    assert.equal((await deposit({}, running.url)).status, 200)
    running.kill('SIGTERM')
    const { code, stderr } = await running.ended
    assert.equal(code, 0)
    assert.match(stderr, said)
    assert.deepEqual(
      new Set(told.types.slice(before)),
      new Set(sent ? ['POST /v1/traces application/x-protobuf'] : []),
      JSON.stringify(more),
    )
  }
})
