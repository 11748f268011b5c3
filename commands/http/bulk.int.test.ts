import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { bulkAnswers, served, type Answered, type Served } from '../../test/served.ts'
import { MAX_BULK_WINDOW_LINES } from './limits.ts'

let database: TestDatabase
let server: Served
before(async () => {
  database = await testDatabase()
  server = await served(database.url)
})
after(async () => {
  await server.close()
  await database.drop()
})

const NDJSON = { 'content-type': 'application/x-ndjson' }
const open = (id: string) => ({ command: 'OpenAccount', entityId: id, data: { currency: 'USD' } })
const deposit = (id: string, amount: string, more: object = {}) => ({ command: 'Deposit', entityId: id, data: { amount }, ...more })
const withdraw = (id: string, amount: string) => ({ command: 'Withdraw', entityId: id, data: { amount } })
const ticket = (owner: string, n: number) => JSON.stringify({ command: 'OpenTicket', entityId: `ticket:${owner}:${n}`, commandId: `c${n}`, data: { subject: 's' } })

const refused = (answer: Answered, status: number, code: string): void =>
  assert.deepEqual([answer.status, answer.problem?.code, answer.type], [status, code, 'application/problem+json; charset=utf-8'], answer.text)

/** A request that the test writes piece by piece. */
function bulkRequest(query = '') {
  const sending = request(`${server.url}/v1/commands${query}`, { method: 'POST', headers: NDJSON })
  sending.on('error', () => {})
  const response = once(sending, 'response').then(([answer]) => answer as IncomingMessage)
  return { sending, response }
}

test('each line stands alone, in order; blank ones are counted; what is wrong with one is nothing to the others', async () => {
  const a = 'account:ann:A'
  const { status, type, text } = await server.call('POST', '/v1/commands', {
    headers: { 'content-type': 'application/ndjson' },
    raw: new Uint8Array(
      Buffer.concat([
        Buffer.from(`${JSON.stringify(open(a))}\r\n\n  \n`),
        Buffer.from(`${JSON.stringify(deposit(a, '5', { commandId: 'd' }))}\n`),
        Buffer.from(`"${'x'.repeat(2 ** 20)}"\n`),
        Buffer.from([0xff, 0xfe, 10]),
        Buffer.from('{"__proto__":{}}\n[]\nnull\n{"command":"constructor","entityId":"x","data":{}}\n'),
        Buffer.from(`${JSON.stringify(deposit(a, '5', { commandId: 'd' }))}\n${JSON.stringify(withdraw(a, '6'))}\n`),
        Buffer.from(`${JSON.stringify(deposit(a, '6', { commandId: 'd' }))}\n${JSON.stringify({ ...withdraw(a, '1'), expectedVersion: 2 })}`),
      ]),
    ),
  })
  assert.deepEqual([status, type], [200, 'application/x-ndjson; charset=utf-8'])
  const lines = bulkAnswers(text)
  assert.deepEqual(
    lines.map(({ line, status: own, problem, replayed }) => [line, own, problem?.code ?? replayed]),
    [
      [1, 201, undefined], [4, 200, undefined], [5, 413, 'payload_too_large'], [6, 400, 'invalid_request'], [7, 400, 'invalid_request'], [8, 400, 'invalid_request'],
      [9, 400, 'invalid_request'], [10, 400, 'invalid_request'], [11, 200, true], [12, 422, 'insufficient_funds'], [13, 422, 'idempotency_key_reused'], [14, 200, undefined],
    ],
  ) // prettier-ignore
  assert.deepEqual(lines[8]?.receipt, lines[1]?.receipt)
  assert.equal((await server.ledger.read.latest(a))?.state['balance'], '4')
})

test('what belongs to each line is refused as a header, and so is what nobody knows', async () => {
  const ask = (query: string, headers: Record<string, string>) => server.call('POST', `/v1/commands${query}`, { raw: '\n', headers })
  refused(await ask('', { ...NDJSON, 'idempotency-key': 'k' }), 400, 'invalid_request')
  refused(await ask('', { ...NDJSON, 'if-match': '"1"' }), 400, 'invalid_request')
  for (const query of ['?mode=half', '?mode=', '?mode=atomic&mode=atomic', '?x=1', '?dryRun=maybe']) refused(await ask(query, NDJSON), 400, 'invalid_request')
  refused(await ask('', { 'content-type': 'application/json' }), 415, 'unsupported_media_type')
  refused(await ask('', { ...NDJSON, 'content-encoding': 'gzip' }), 415, 'unsupported_media_type')
  for (const query of ['', '?mode=atomic', '?mode=continue&dryRun=false']) {
    const nothing = await ask(query, NDJSON)
    assert.deepEqual([nothing.status, nothing.text], [200, ''])
  }
})

test('a dry run of many lines appends nothing, and no line sees another', async () => {
  const { lines } = await server.bulk([open('account:dry:A'), deposit('account:dry:A', '1')], '?dryRun=true')
  assert.deepEqual(lines.map(({ status, receipt }) => [status, receipt?.dryRun]), [[200, true], [404, undefined]]) // prettier-ignore
  const { lines: together } = await server.bulk([open('account:dry:A'), deposit('account:dry:A', '1')], '?dryRun=true&mode=atomic')
  assert.deepEqual(together.map(({ status, receipt }) => [status, receipt?.dryRun]), [[200, true], [200, true]]) // prettier-ignore
  assert.equal(await server.ledger.read.latest('account:dry:A'), undefined)
})

test('atomic: all lines or none, with the one to blame; what was applied before counts as done', async () => {
  const [a, b] = ['account:eva:A', 'account:eve:B']
  const statuses = async (lines: readonly unknown[]) => {
    const answer = await server.bulk(lines, '?mode=atomic')
    return [answer.status, ...answer.lines.map(({ line, status, problem, replayed }) => [line, status, problem?.code ?? replayed])]
  }
  const aborted = (line: number) => [line, 424, 'aborted']
  assert.deepEqual(await statuses([open(a), '', withdraw(a, '1'), open(b)]), [422, aborted(1), [3, 422, 'insufficient_funds'], aborted(4)])
  assert.deepEqual(await statuses([open(a), 'nonsense', 'more nonsense']), [400, aborted(1), [2, 400, 'invalid_request'], aborted(3)])
  assert.deepEqual(await statuses([open(a), deposit(b, '1')]), [404, aborted(1), [2, 404, 'not_found']])
  assert.deepEqual(await statuses([open(a), `"${'x'.repeat(2 ** 20)}"`]), [413, aborted(1), [2, 413, 'payload_too_large']])
  assert.equal(await server.ledger.read.latest(a), undefined)

  assert.deepEqual(await statuses([open(a), open(b), deposit(a, '3', { commandId: 'd' })]), [200, [1, 201, undefined], [2, 201, undefined], [3, 200, undefined]]) // prettier-ignore
  assert.deepEqual(await statuses([deposit(a, '3', { commandId: 'd' }), deposit(b, '1')]), [200, [1, 200, true], [2, 200, undefined]])
  assert.equal((await server.ledger.read.latest(a))?.state['balance'], '3')
})

test('atomic has a limit of lines and one of bytes, each for the whole', async () => {
  const many = Array.from({ length: 1_001 }, (_, n) => ticket('many', n))
  refused(await server.bulk(many, '?mode=atomic'), 413, 'payload_too_large')
  const long = JSON.stringify({ command: 'OpenTicket', entityId: 'ticket:many:1', data: { subject: 'x'.repeat(900_000) } })
  refused(await server.bulk(Array.from({ length: 10 }, () => long), '?mode=atomic'), 413, 'payload_too_large') // prettier-ignore
  assert.equal(await server.ledger.read.latest('ticket:many:1'), undefined)
  const most = await server.bulk(many.slice(1), '?mode=atomic')
  assert.deepEqual([most.status, most.lines.length, new Set(most.lines.map(({ status }) => status))], [200, 1_000, new Set([201])])
})

test('answers come while the request is still being sent', async () => {
  const { sending, response } = bulkRequest()
  sending.write(`${ticket('live', 1)}\n${ticket('live', 2)}\n`)
  const answer = await response
  const [first] = (await once(answer, 'data')) as [Buffer]
  assert.match(first.toString(), /"line":1,"status":201/)
  sending.end(ticket('live', 3))
  const rest = Buffer.concat(await answer.toArray()).toString()
  assert.match(rest, /"line":3,"status":201/)
})

test('100,000 lines in one request, in bounded memory', { timeout: 120_000 }, async () => {
  const count = 100_000
  const start = memory()
  let most = 0
  const sampling = setInterval(() => (most = Math.max(most, memory())), 50)
  function* chunks() {
    for (let n = 0; n < count; n += 500) yield Array.from({ length: 500 }, (_, k) => `${ticket(`bulk${n % 40_000 > 20_000 ? 'a' : 'b'}${n % 7}`, n + k)}\n`).join('')
  }
  const { sending, response } = bulkRequest()
  Readable.from(chunks()).pipe(sending)
  let line = 0
  let rest = ''
  for await (const chunk of await response) {
    const pieces = (rest + String(chunk)).split('\n')
    rest = pieces.pop() ?? ''
    for (const piece of pieces) assert.ok(piece.startsWith(`{"line":${++line},"status":201,`), piece)
  }
  clearInterval(sampling)
  assert.equal(line, count)
  // The cache of states may hold 64 MiB; all the lines and answers together have 80 MB.
  assert.ok(most - start < 200 * 2 ** 20, `${Math.round((most - start) / 2 ** 20)} MiB more than at the start`)
})

const memory = (): number => {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('who does not read the answers is not read from either, and gets all of them later', async () => {
  const lines = 20_000
  const { sending, response } = bulkRequest()
  const padding = ' '.repeat(500)
  Readable.from((function* () { for (let n = 0; n < lines; n++) yield `${ticket('slow', n)}${padding}\n` })()).pipe(sending) // prettier-ignore
  const answer = await response
  let before = -1
  for (let now = 0; now !== before; now = (await server.ledger.read.latest('ticket:slow:19999')) ? -2 : server.ledger.cache.entries) {
    before = now
    await sleep(300)
  }
  assert.equal(await server.ledger.read.latest('ticket:slow:19999'), undefined, 'the last line was not submitted yet')
  const text = Buffer.concat(await answer.toArray()).toString()
  assert.equal(text.split('\n').length - 1, lines)
})

test('a client that goes away: what was read takes effect, nothing else does, and nothing is left over', async () => {
  const { sending, response } = bulkRequest()
  let sent = 0
  const endless = Readable.from((function* () { for (;;) yield `${ticket('gone', sent++)}\n` })()) // prettier-ignore
  endless.pipe(sending)
  const answer = await response
  await once(answer, 'data')
  sending.destroy()
  endless.destroy()
  while (server.ledger.commits.queued + server.ledger.commits.inFlight > 0) await sleep(10)
  const atRest = server.ledger.cache.entries
  await sleep(100)
  assert.equal(server.ledger.cache.entries, atRest)
  const { data } = await server.ledger.list.latest({ kind: 'ticket', owner: 'gone', filters: {}, limit: 1, after: undefined })
  assert.equal(data.length, 1)
  assert.ok(sent > 1)
  assert.equal((await server.bulk([ticket('gone', 9_999_999)])).lines[0]?.status, 201)
})

test('many at once: none waits for another that is slow, and too many are told so', async () => {
  const slow = Array.from({ length: 32 }, () => bulkRequest())
  for (const [n, { sending }] of slow.entries()) sending.write(`${ticket('side', n)}\n`)
  const answers = await Promise.all(slow.map(({ response }) => response))
  const one = await server.bulk([ticket('side', 100)])
  refused(one, 503, 'overloaded')
  assert.equal(one.headers.get('retry-after'), '1')
  assert.equal((await server.post('/v1/tickets', { owner: 'side', subject: 's' })).status, 201)
  for (const { sending } of slow) sending.end()
  for (const answer of answers) assert.equal(bulkAnswers(Buffer.concat(await answer.toArray()).toString())[0]?.status, 201)
  assert.equal((await server.bulk([ticket('side', 100)])).status, 200)
  assert.ok(MAX_BULK_WINDOW_LINES > 0)
})
