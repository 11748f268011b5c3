// Whatever is sent to whatever route: never a fault of the server, always a problem where it is refused, and nothing written unless it says so.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { bulkAnswers, served, type Answered, type Served } from '../../test/served.ts'
import { commands } from '../registry.ts'

const RUNS_PER_ROUTE = 60
const METHODS = ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

let database: TestDatabase
let server: Served
const faults: unknown[] = []
before(async () => {
  database = await testDatabase()
  server = await served(database.url)
  server.app.log.error = (fault: unknown) => void faults.push(fault)
})
after(async () => {
  await server.close()
  await database.drop()
})

const names = ['owner', 'tradeId', 'accountId', 'ticketId', 'instrument', 'side', 'quantity', 'price', 'currency', 'fundingAccountId', 'executionId', 'amount', 'limit', 'holdId', 'fromAccountId', 'toAccountId', 'otherTradeId', 'subject', 'fields',
  'status', 'assignee', 'text', 'reason', 'effectiveAt', 'market', 'latencyMs', '__proto__', 'constructor', 'toString', 'toJSON'] // prettier-ignore
const texts = fc.oneof(
  fc.constantFrom('', ' ', '0', '-0', '1e999', 'NaN', '٣', '1.', '.1', '+1', '1'.repeat(400), '\u0000', '\ud800', '💥', '..', '%00', '../../x', '__proto__', 'trade:a:b', 'account:ann:A', 'account:ann:world.USD', '9999-12-31T23:59:60Z', '2026-02-30T00:00:00Z', "'; drop table ledger.versions; --"), // prettier-ignore
  fc.string({ unit: 'binary', maxLength: 30 }),
)
const values: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    texts,
    fc.constantFrom(null, true, 0, -1, 1e308, -0),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...names), texts), tie('value'), { maxKeys: 4 }),
  ),
})).value
const bodies = fc.dictionary(fc.constantFrom(...names), values, { maxKeys: 8 })
const jsonText = fc.oneof(
  { weight: 8, arbitrary: bodies.map((body) => JSON.stringify(body)) },
  { weight: 1, arbitrary: values.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.constantFrom('{"owner":', '[['.repeat(30_000), `{"fields":${'{"a":['.repeat(20_000)}1${']}'.repeat(20_000)}}`, '{"owner":"a","owner":"b"}', '\ufeff{}') }, // prettier-ignore
)
const raw = fc.oneof(
  { weight: 9, arbitrary: jsonText.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
)
const params = fc.oneof(fc.constantFrom('trade:ann:T', 'account:ann:A', 'ticket:ann:1', 'e1'), texts)
const headers = fc.dictionary(
  fc.constantFrom('idempotency-key', 'if-match', 'x-correlation-id', 'x-causation-id', 'x-strata-actor', 'traceparent', 'content-encoding'),
  fc.constantFrom('"1"', '*', 'W/"1"', '""', '1', 'a'.repeat(300), 'gzip', 'identity', '%%%', '"99999999999999999999"', 'caf\u00e9'),
  { maxKeys: 2 },
)
const queries = fc.array(
  fc.tuple(fc.constantFrom('dryRun', 'mode', 'x', '__proto__'), fc.oneof(fc.constantFrom('true', 'atomic'), texts)),
  { maxLength: 2 },
)
const queryText = (query: readonly (readonly [string, string])[]): string =>
  query.length === 0 ? '' : `?${query.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&')}`

const versions = async (): Promise<number> => (await server.ledger.feed.end()).positions.reduce((sum, position) => sum + position, 0)

async function holds(answer: Answered, before: number, where: string): Promise<void> {
  assert.ok(answer.status < 500, `${where} -> ${answer.status} ${answer.text}`)
  assert.doesNotMatch(answer.text, /node_modules|\.ts:\d|at async|pg_/, where)
  if (answer.status >= 400 && answer.text !== '') assert.match(answer.type, /^application\/(problem\+json|x-ndjson)/, where)
  const said = answer.type.includes('ndjson')
    ? bulkAnswers(answer.text).map(({ receipt }) => receipt)
    : answer.status < 300
      ? [answer.receipt]
      : []
  const written = said.reduce((sum, receipt) => sum + (receipt?.dryRun || !receipt ? 0 : receipt.versions.length), 0)
  assert.equal(await versions(), before + written, `${where}: ${answer.text}`)
  assert.deepEqual(faults, [])
}

for (const route of [...commands.map((command) => command.route), '/commands']) {
  test(`hostile requests to POST ${route}`, async () => {
    const type = route === '/commands' ? 'application/x-ndjson' : 'application/json'
    const one = fc.record({
      path: fc.tuple(params, params),
      query: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: queries }),
      headers: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }),
      type: fc.oneof({ weight: 9, arbitrary: fc.constant(type) }, { weight: 1, arbitrary: fc.constantFrom('application/json', 'text/plain', 'x', 'application/x-ndjson; charset=latin1') }),
      raw,
    }) // prettier-ignore
    await fc.assert(
      fc.asyncProperty(one, async (sent) => {
        const [id, other] = sent.path.map((param) => encodeURIComponent(param.toWellFormed()))
        const path = `/v1${route.replace('{id}', id ?? '').replace(/\{\w+\}/, other ?? '')}${queryText(sent.query)}`
        const start = await versions()
        const answer = await server.call('POST', path, {
          raw: new Uint8Array(sent.raw),
          headers: { 'content-type': sent.type, ...sent.headers },
        })
        await holds(answer, start, `POST ${path} ${JSON.stringify(sent.headers)} ${sent.raw.toString().slice(0, 500)}`)
      }),
      { numRuns: RUNS_PER_ROUTE },
    )
  })
}

test('hostile lines, with every command on entities that are there', async () => {
  await server.bulk([
    { command: 'OpenAccount', entityId: 'account:ann:A', data: { currency: 'USD' } },
    { command: 'Deposit', entityId: 'account:ann:A', data: { amount: '100' } },
    { command: 'SubmitTrade', entityId: 'trade:ann:T', data: { instrument: 'X', side: 'buy', quantity: '5', price: '1', currency: 'USD' } },
    { command: 'OpenTicket', entityId: 'ticket:ann:1', data: { subject: 's' } },
  ])
  const line = fc.record(
    {
      command: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...commands.map(({ name }) => name)) }, texts),
      entityId: fc.oneof(fc.constantFrom('account:ann:A', 'trade:ann:T', 'ticket:ann:1', 'trade:ann'), texts),
      data: fc.oneof({ weight: 5, arbitrary: fc.dictionary(fc.constantFrom(...names), values, { maxKeys: 4 }) }, values),
      commandId: fc.oneof(fc.constantFrom('k1', 'k2'), texts),
      expectedVersion: fc.constantFrom(0, 1, -1, 1.5, 1e20),
      effectiveAt: texts,
    },
    { requiredKeys: ['command', 'entityId', 'data'] },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 20 }),
      fc.constantFrom('', '?mode=atomic', '?dryRun=true'),
      async (lines, query) => {
        const start = await versions()
        const answer = await server.bulk(lines, query)
        assert.equal(answer.lines.length, lines.length)
        for (const { status } of answer.lines) assert.ok(status < 500, answer.text)
        await holds(answer, start, JSON.stringify(lines))
      },
    ),
    { numRuns: 200 },
  )
})

test('other methods find nothing', async () => {
  for (const { route } of commands)
    for (const method of METHODS) {
      const answer = await server.call(method, `/v1${route.replaceAll(/\{\w+\}/g, 'x')}`)
      assert.equal(answer.status, 404, `${method} ${route}`)
    }
})
