import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { bulkAnswers, served, type Answered, type Served } from '../../test/served.ts'
import { MAX_BULK_REQUESTS } from './limits.ts'

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
const ticket = (owner: string, n: number) =>
  JSON.stringify({ command: 'OpenTicket', entityId: `ticket:${owner}:${n}`, commandId: `c${n}`, data: { subject: 's' } })

const refused = (answer: Answered, status: number, code: string): void =>
  assert.deepEqual(
    [answer.status, answer.problem?.code, answer.type],
    [status, code, 'application/problem+json; charset=utf-8'],
    answer.text,
  )

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n)
const textOf = async (answer: IncomingMessage): Promise<string> => Buffer.concat((await answer.toArray()) as Buffer[]).toString()

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
        Buffer.from(
          `${JSON.stringify(deposit(a, '6', { commandId: 'd' }))}\n${JSON.stringify({ ...withdraw(a, '1'), expectedVersion: 2 })}`,
        ),
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
  for (const query of ['?mode=half', '?mode=', '?mode=atomic&mode=atomic', '?x=1', '?dryRun=maybe'])
    refused(await ask(query, NDJSON), 400, 'invalid_request')
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
  const many = numbers(1_001).map((n) => ticket('many', n))
  refused(await server.bulk(many, '?mode=atomic'), 413, 'payload_too_large')
  const long = JSON.stringify({ command: 'OpenTicket', entityId: 'ticket:many:1', data: { subject: 'x'.repeat(900_000) } })
  refused(await server.bulk(numbers(10).map(() => long), '?mode=atomic'), 413, 'payload_too_large') // prettier-ignore
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
  const rest = await textOf(answer)
  assert.match(rest, /"line":3,"status":201/)
})

test('100,000 lines in one request, in bounded memory', { timeout: 120_000 }, async () => {
  const count = 100_000
  const { sending, response } = bulkRequest()
  const lines = function* () {
    for (let n = 0; n < count; n += 500) yield numbers(500).map((k) => `${ticket(`bulk${n % 7}`, n + k)}\n`).join('') // prettier-ignore
  }
  Readable.from(lines()).pipe(sending)
  const held: number[] = []
  let line = 0
  let rest = ''
  for await (const chunk of await response) {
    const pieces = (rest + String(chunk)).split('\n')
    rest = pieces.pop() ?? ''
    for (const piece of pieces) assert.ok(piece.startsWith(`{"line":${++line},"status":201,`), piece)
    if (line > (held.length + 1) * 10_000) held.push(heldMebibytes())
  }
  assert.equal(line, count)
  // All the lines and answers have 80 MB; the states in memory are bounded by themselves.
  const [early = 0] = held
  const growth = Math.max(...held) - early - server.ledger.cache.bytes / 2 ** 20
  assert.ok(growth < 30, `MiB held after each 10,000 lines: ${held.join(', ')}`)
})

/** What is still referred to. */
function heldMebibytes(): number {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return Math.round((heapUsed + external) / 2 ** 20)
}

/** A number, when nothing has been on its way for a while. */
async function atRest(number: () => Promise<number>): Promise<number> {
  for (let quiet = 0; quiet < 10; quiet++) {
    if (server.ledger.commits.queued + server.ledger.commits.inFlight > 0) quiet = 0
    await sleep(20)
  }
  return number()
}

const versions = async (): Promise<number> => (await server.ledger.feed.end()).positions.reduce((sum, position) => sum + position, 0)

/** How many edits were answered, read or not. */
async function edits(): Promise<number> {
  const { text } = await server.call('GET', '/metrics')
  return Number(/^strata_commands_total\{command="EditTicket",outcome="dry_run"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}

test('who does not read the answers is not read from either, and gets all of them later', async () => {
  // The answers have 100 MB: more than what lies between the two of them by itself.
  const count = 10_000
  await server.post('/v1/tickets', { owner: 'slow', ticketId: '1', subject: 's', description: 'x'.repeat(10_000) })
  const { sending, response } = bulkRequest('?dryRun=true')
  const line = `${JSON.stringify({ command: 'EditTicket', entityId: 'ticket:slow:1', data: { subject: 't' } })}\n`
  sending.end(line.repeat(count))
  const answer = await response
  const done = await atRest(edits)
  assert.ok(done > 0 && done < count, `${done} of ${count} lines were submitted while nobody read`)
  let ends = 0
  for await (const chunk of answer) ends += (chunk as Buffer).toString('latin1').split('\n').length - 1
  assert.deepEqual([ends, await edits()], [count, count])
})

test('a client that goes away: what was read takes effect, nothing more, and nothing is left over', async () => {
  const start = await atRest(versions)
  const { sending, response } = bulkRequest()
  let sent = 0
  const endless = Readable.from(
    (function* () {
      for (;;) yield `${ticket('gone', sent++)}\n`
    })(),
  )
  endless.pipe(sending)
  await once(await response, 'data')
  sending.destroy()
  endless.destroy()
  const later = await atRest(versions)
  assert.ok(later > start && later - start <= sent)
  assert.equal(await atRest(versions), later)
})

test('many at once: none waits for another that is slow, and too many are told so', async () => {
  const slow = numbers(MAX_BULK_REQUESTS).map(() => bulkRequest())
  for (const [n, { sending }] of slow.entries()) sending.write(`${ticket('side', n)}\n`)
  const answers = await Promise.all(slow.map(({ response }) => response))
  const one = await server.bulk([ticket('side', 100)])
  refused(one, 503, 'overloaded')
  assert.equal(one.headers.get('retry-after'), '1')
  assert.equal((await server.post('/v1/tickets', { owner: 'side', subject: 's' })).status, 201)
  for (const { sending } of slow) sending.end()
  for (const answer of answers) assert.equal(bulkAnswers(await textOf(answer))[0]?.status, 201)
  assert.equal((await server.bulk([ticket('side', 100)])).status, 200)
})
