import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { served, type Answered, type Served } from '../../test/served.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { commands } from '../registry.ts'

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

const trade = { instrument: 'AAPL', side: 'buy', quantity: '10', price: '5.50', currency: 'USD' }
const must = async (path: string, body: unknown, headers?: Record<string, string>): Promise<Answered> => {
  const answer = await server.post(path, body, headers)
  assert.ok(answer.status === 200 || answer.status === 201, `${path}: ${answer.text}`)
  return answer
}
const refused = (answer: Answered, status: number, code: string, pointer?: string): void => {
  assert.deepEqual([answer.status, answer.problem?.code], [status, code], answer.text)
  assert.equal(answer.type, 'application/problem+json; charset=utf-8')
  const { type, title, detail, instance } = answer.problem
  for (const field of [type, title, detail, instance]) assert.equal(typeof field, 'string', answer.text)
  if (pointer !== undefined)
    assert.ok(
      answer.problem.errors?.some((error) => error.pointer === pointer),
      `${pointer} in ${answer.text}`,
    )
}

test('every command of the registry by its route', async () => {
  const asked = new Set<string>()
  const ask = async (route: string, body: object, params: Readonly<Record<string, string>> = {}) => {
    asked.add(route)
    const path = route.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
    return must(`/v1${path}`, body)
  }
  for (const owner of ['ann', 'bob']) {
    await ask('/accounts', { owner, accountId: 'A', currency: 'USD' })
    await ask('/accounts/{id}/deposit', { amount: '1000' }, { id: `account:${owner}:A` })
  }
  const account = { id: 'account:ann:A' }
  await ask('/accounts/{id}/withdraw', { amount: '1' }, account)
  await ask('/accounts/{id}/hold', { holdId: 'h', amount: '2' }, account)
  await ask('/accounts/{id}/release', { holdId: 'h' }, account)
  await ask('/transfers', { fromAccountId: 'account:ann:A', toAccountId: 'account:bob:A', amount: '3' })
  await ask('/accounts', { owner: 'ann', accountId: 'empty', currency: 'USD' })
  await ask('/accounts/{id}/close', {}, { id: 'account:ann:empty' })

  await ask('/trades', { owner: 'ann', tradeId: 'T', ...trade, fundingAccountId: 'account:ann:A' })
  await ask('/trades', { owner: 'bob', tradeId: 'T', ...trade, quantity: '9', price: '6', side: 'sell' })
  const id = { id: 'trade:ann:T' }
  await ask('/trades/{id}/amend', { price: '6' }, id)
  await ask('/trades/{id}/executions', { executionId: 'e~1', quantity: '4', price: '6' }, id)
  await ask('/trades/{id}/executions/{executionId}/bust', { reason: 'wrong' }, { ...id, executionId: 'e~1' })
  await ask('/trades/{id}/reduce', { quantity: '1' }, id)
  await ask('/trades/{id}/match', { otherTradeId: 'trade:bob:T' }, id)
  await ask('/trades/{id}/break', { reason: 'typo' }, id)
  await ask('/trades/{id}/match', { otherTradeId: 'trade:bob:T' }, id)
  await ask('/trades/{id}/confirm', {}, id)
  await ask('/trades/{id}/settle', {}, id)
  await ask('/trades', { owner: 'ann', tradeId: 'gone', ...trade })
  await ask('/trades/{id}/cancel', { reason: 'no' }, { id: 'trade:ann:gone' })

  await ask('/tickets', { owner: 'ann', ticketId: '1', subject: 'help' })
  const ticket = { id: 'ticket:ann:1' }
  await ask('/tickets/{id}/edit', { subject: 'Help', fields: { constructor: 'x' } }, ticket)
  await ask('/tickets/{id}/notes', { text: 'a note' }, ticket)
  await ask('/tickets/{id}/close', { resolution: 'done' }, ticket)
  await ask('/tickets/{id}/reopen', {}, ticket)

  await ask('/bars', { owner: 'X', barId: '2026-01-05', open: '1', high: '1', low: '1', close: '1', volume: '1', previousBarId: null })
  await ask('/bars/{id}/correct', { volume: '2' }, { id: 'bar:X:2026-01-05' })
  const signal = { owner: 'ann', instrument: 'X', side: 'buy', confidence: '0.5', expiresAt: '2026-01-06T00:00:00Z' }
  for (const signalId of ['1', '2']) await ask('/signals', { ...signal, signalId })
  await ask('/signals/{id}/expire', {}, { id: 'signal:ann:1' })
  await ask('/signals/{id}/cancel', {}, { id: 'signal:ann:2' })
  const result = { metrics: { sharpe: '1' }, tradeCount: 1 }
  const run = { strategy: 's', parameters: {}, instruments: ['X'], from: '2025-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }
  await ask('/backtests', { owner: 'ann', backtestId: '1', ...run, ...result })
  await ask('/backtests/{id}/rerun', result, { id: 'backtest:ann:1' })

  assert.deepEqual([...asked].sort(), commands.map(({ route }) => route).sort())
  assert.equal((await server.ledger.read.latest('trade:ann:T'))?.state['confirmation'], 'settled')
})

test('a creating command: 201, Location, ETag; its id is made when it is left out', async () => {
  const made = await must('/v1/trades', { owner: 'carl', ...trade })
  const [record] = made.receipt.versions
  assert.equal(made.status, 201)
  assert.match(record?.entityId ?? '', /^trade:carl:[0-9a-f]{8}-[0-9a-f]{4}-7/)
  assert.equal(made.headers.get('location'), `/v1/trades/${record?.entityId}`)
  assert.equal(made.headers.get('etag'), '"1"')
  assert.equal(made.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(record?.effectiveAt, (record as { recordedAt?: string }).recordedAt)
})

test('an id that is made belongs to the key: the same again is the same one', async () => {
  const headers = { 'idempotency-key': 'made-1' }
  const first = await must('/v1/tickets', { owner: 'carl', subject: 's' }, headers)
  const again = await must('/v1/tickets', { subject: 's', owner: 'carl' }, headers)
  assert.deepEqual([again.status, again.receipt, again.headers.get('location')], [201, first.receipt, first.headers.get('location')])
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  refused(await server.post('/v1/tickets', { owner: 'carl', ticketId: 'x', subject: 's' }, headers), 422, 'idempotency_key_reused')
})

test('a route and a bulk line say the same command: one is the replay of the other', async () => {
  await must('/v1/accounts', { owner: 'dora', accountId: 'A', currency: 'USD' }, { 'idempotency-key': 'open' })
  await must('/v1/trades', { owner: 'dora', tradeId: 'T', ...trade, effectiveAt: '2026-01-02T03:04:05Z' }, { 'idempotency-key': 'submit' })
  await must('/v1/trades/trade:dora:T/executions', { executionId: 'e', quantity: '1', price: '1' }, { 'idempotency-key': 'fill' })
  await must('/v1/trades/trade:dora:T/executions/e/bust', { reason: 'r' }, { 'idempotency-key': 'bust' })
  await must('/v1/accounts/account:dora:A/deposit', { amount: '5' })
  await must('/v1/accounts', { owner: 'dora', accountId: 'B', currency: 'USD' })
  await must('/v1/transfers', { fromAccountId: 'account:dora:A', toAccountId: 'account:dora:B', amount: '1' }, { 'idempotency-key': 'pay' })
  const { lines } = await server.bulk([
    { commandId: 'open', command: 'OpenAccount', entityId: 'account:dora:A', data: { currency: 'USD' } },
    { commandId: 'submit', command: 'SubmitTrade', entityId: 'trade:dora:T', data: trade, effectiveAt: '2026-01-02T03:04:05Z' },
    { commandId: 'fill', command: 'RecordExecution', entityId: 'trade:dora:T', data: { executionId: 'e', quantity: '1', price: '1' } },
    { commandId: 'bust', command: 'BustExecution', entityId: 'trade:dora:T', data: { executionId: 'e', reason: 'r' } },
    { commandId: 'pay', command: 'TransferFunds', entityId: 'account:dora:A', data: { toAccountId: 'account:dora:B', amount: '1' } },
  ])
  assert.deepEqual(lines.map(({ status, replayed }) => [status, replayed]), [[201, true], [201, true], [200, true], [200, true], [200, true]]) // prettier-ignore
})

test('headers: what they say is kept, what is wrong is refused by name', async () => {
  const said = await must('/v1/tickets', { owner: 'emil', ticketId: '1', subject: 's' }, {
    'x-strata-actor': 'desk-7', 'x-correlation-id': 'corr', 'x-causation-id': 'cause', 'idempotency-key': 'k!', traceparent: 'nonsense',
  }) // prettier-ignore
  const [record] = said.receipt.versions
  assert.deepEqual([record?.actor, record?.correlationId, record?.causationId, record?.commandId], ['desk-7', 'corr', 'cause', 'k!'])
  assert.equal((await must('/v1/tickets', { owner: 'emil', subject: 's' })).receipt.versions[0]?.actor, 'local')

  const edit = (headers: Record<string, string>) => server.post('/v1/tickets/ticket:emil:1/edit', { subject: 'new' }, headers)
  for (const name of ['idempotency-key', 'x-strata-actor', 'x-correlation-id', 'x-causation-id'])
    for (const value of ['a b', 'x'.repeat(256), 'é', '']) refused(await edit({ [name]: value }), 400, 'invalid_request', name)
  for (const value of ['*', 'W/"1"', '"1", "2"', '1', '"x"', '""', '"0"', '"01"', '"-1"', '"99999999999999999999"'])
    refused(await edit({ 'if-match': value }), 400, 'invalid_request', 'if-match')
  refused(await server.post('/v1/tickets', { owner: 'emil', subject: 's' }, { 'if-match': '"1"' }), 400, 'invalid_request', 'if-match')

  const late = await edit({ 'if-match': '"7"' })
  refused(late, 412, 'precondition_failed')
  assert.deepEqual([late.problem.entityId, late.problem.expectedVersion, late.problem.actualVersion], ['ticket:emil:1', 7, 1])
  assert.equal((await edit({ 'if-match': '"1"' })).headers.get('etag'), '"2"')
  const same = await edit({})
  assert.deepEqual([same.status, same.receipt.versions, same.headers.get('etag')], [200, [], '"2"'])
})

test('a dry run answers and leaves nothing, not even its key', async () => {
  const body = { owner: 'fred', ticketId: '1', subject: 's' }
  const dry = await server.post('/v1/tickets?dryRun=true', body, { 'idempotency-key': 'k' })
  assert.deepEqual([dry.status, dry.receipt.dryRun, dry.headers.get('etag'), dry.headers.get('location')], [200, true, null, null])
  assert.equal(await server.ledger.read.latest('ticket:fred:1'), undefined)
  assert.equal((await server.post('/v1/tickets?dryRun=false', { ...body, subject: 't' }, { 'idempotency-key': 'k' })).status, 201)
  for (const query of ['?dryRun=yes', '?dryRun=', '?dryRun=true&dryRun=true', '?colour=red', '?__proto__=1', '?dryRun=%'])
    refused(await server.post(`/v1/tickets${query}`, { owner: 'fred', subject: 's' }), 400, 'invalid_request')
})

test('errors say where: by the names that the request used', async () => {
  const wrong = async (path: string, body: unknown, ...pointers: readonly string[]) => {
    const answer = await server.post(path, body)
    for (const pointer of pointers) refused(answer, 400, 'invalid_request', pointer)
    assert.equal(answer.problem.errors?.length, pointers.length, answer.text)
  }
  const good = { owner: 'gina', tradeId: 'T', ...trade }
  await wrong(
    '/v1/trades',
    { ...good, owner: 'a:b', tradeId: '..', effectiveAt: 'soon', colour: 'red' },
    '/owner',
    '/tradeId',
    '/effectiveAt',
    '/colour',
  )
  await wrong('/v1/trades', { ...good, owner: undefined }, '/owner')
  await wrong('/v1/trades', { ...good, owner: { toString: 1 }, tradeId: [1] }, '/owner', '/tradeId')
  await wrong('/v1/trades', { ...good, tradeId: null }, '/tradeId')
  await wrong('/v1/trades', { ...good, effectiveAt: null }, '/effectiveAt')
  await wrong('/v1/trades', { ...good, 'a/b~c': 1 }, '/a~1b~0c')
  await wrong('/v1/trades', [], '')
  await wrong('/v1/trades', null, '')
  await wrong('/v1/trades/account:gina:A/cancel', {}, 'id')
  await wrong('/v1/trades/T/cancel', { why: 1 }, 'id', '/why')
  await wrong('/v1/trades/trade:gina:T/executions/a%20b/bust', { reason: 'r' }, 'executionId')
  await wrong('/v1/trades/trade:gina:T/executions/e/bust', { reason: 'r', executionId: 'e' }, '/executionId')
  await wrong('/v1/transfers', { fromAccountId: 'trade:gina:T', toAccountId: 7, amount: 1 }, '/fromAccountId', '/toAccountId', '/amount')
  await wrong('/v1/transfers', {}, '/fromAccountId', '/toAccountId', '/amount')

  await must('/v1/accounts', { owner: 'gina', accountId: 'A', currency: 'USD' })
  refused(await server.post('/v1/accounts/account:gina:A/withdraw', { amount: '1' }), 422, 'insufficient_funds', '/amount')
  refused(
    await server.post('/v1/accounts', { owner: 'gina', accountId: 'world.USD', currency: 'USD' }),
    422,
    'boundary_account',
    '/accountId',
  )
  const { lines } = await server.bulk([
    { command: 'Withdraw', entityId: 'account:gina:A', data: { amount: '1' } },
    { command: 'OpenAccount', entityId: 'account:gina:world.USD', data: { currency: 'USD' } },
    { command: 'Withdraw', entityId: 'account:gina:A', data: { amount: 1, x: 1 }, effectiveAt: 'soon' },
    { command: 'Withdraw', entityId: 'trade:gina:T', data: { amount: '1' }, more: 1 },
  ])
  assert.deepEqual(lines.map(({ problem }) => problem?.errors?.map(({ pointer }) => pointer)), [['/data/amount'], ['/entityId'], ['/data/amount', '/data/x', '/effectiveAt'], ['/more']]) // prettier-ignore
  assert.equal(lines[0]?.problem?.instance, '/v1/commands#1')
})

test('bodies: empty is {}, anything but JSON in UTF-8 is refused', async () => {
  await must('/v1/tickets', { owner: 'hans', ticketId: '1', subject: 's' })
  const close = '/v1/tickets/ticket:hans:1/close'
  const json = { 'content-type': 'application/json' }
  const send = (raw: string | Buffer, headers: Record<string, string> = json) =>
    server.call('POST', close, { raw: new Uint8Array(Buffer.from(raw)), headers })
  refused(await send('{"resolution":'), 400, 'invalid_request', '')
  refused(await send(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 400, 'invalid_request', '')
  refused(await send('{"__proto__":{"resolution":"x"}}'), 400, 'invalid_request', '')
  refused(await send('{"\\u005f_proto__":1}'), 400, 'invalid_request', '')
  refused(await send('{}', { 'content-type': 'text/plain' }), 415, 'unsupported_media_type')
  refused(await send('{}', { 'content-type': 'nonsense' }), 415, 'unsupported_media_type')
  refused(await send('{}', { 'content-type': 'application/json; charset=utf-16' }), 415, 'unsupported_media_type')
  refused(await send('{}', { ...json, 'content-encoding': 'gzip' }), 415, 'unsupported_media_type')
  assert.equal((await server.ledger.read.latest('ticket:hans:1'))?.version, 1)
  assert.equal((await server.call('POST', close)).status, 200)
  assert.equal((await server.call('POST', '/v1/tickets/ticket:hans:1/reopen', { headers: json, raw: '' })).status, 200)
  assert.equal((await send('{}', { 'content-type': 'Application/JSON; Charset="UTF-8"', 'content-encoding': 'identity' })).status, 200)
})

test('order of checks: 415, 413, 400, key, 404, 412, 409, 422', async () => {
  const json = { 'content-type': 'application/json' }
  const large = JSON.stringify({ subject: 'x'.repeat(2 ** 20) })
  refused(
    await server.call('POST', '/v1/tickets', { raw: large, headers: { 'content-type': 'text/plain' } }),
    415,
    'unsupported_media_type',
  )
  refused(await server.call('POST', '/v1/tickets/nonsense/edit?x=1', { raw: large, headers: json }), 413, 'payload_too_large')
  refused(await server.post('/v1/tickets/ticket:ida:none/edit?x=1', { subject: 's' }), 400, 'invalid_request')
  refused(await server.post('/v1/tickets/ticket:ida:none/edit', { subject: 's' }, { 'if-match': '"4"' }), 404, 'not_found')
  const body = { owner: 'ida', ticketId: '1', subject: 's' }
  await must('/v1/tickets', body, { 'idempotency-key': 'k' })
  refused(
    await server.post('/v1/tickets/ticket:ida:none/edit', { subject: 's' }, { 'idempotency-key': 'k' }),
    422,
    'idempotency_key_reused',
  )
  refused(await server.post('/v1/tickets', body, { 'idempotency-key': 'l' }), 409, 'already_exists')
  refused(await server.post('/v1/tickets/ticket:ida:1/reopen', {}, { 'if-match': '"9"' }), 412, 'precondition_failed')
  refused(await server.post('/v1/tickets/ticket:ida:1/reopen', {}, { 'if-match': '"1"' }), 422, 'ticket_not_closed')
})

test('a route or method that is not there is a 404, a path that is none a 400', async () => {
  for (const [method, path] of [
    ['GET', '/v1/nothing'],
    ['GET', '/'],
    ['PUT', '/v1/trades'],
    ['DELETE', '/v1/trades/trade:a:b'],
    ['POST', '/v1/trades/trade:a:b'],
    ['PATCH', '/metrics'],
    ['OPTIONS', '/v1/trades'],
    ['POST', '/v1//trades'],
    ['POST', '/v1/trades/'],
  ] as const)
    // prettier-ignore
    refused(await server.call(method, path), 404, 'not_found')
  refused(
    await server.call('POST', '/v1/nothing', { raw: 'x'.repeat(100_000), headers: { 'content-type': 'text/plain' } }),
    404,
    'not_found',
  )
  refused(await server.call('POST', '/v1/trades/%/cancel'), 400, 'invalid_request')
  refused(await server.call('POST', '/v1/trades/%ff/cancel'), 400, 'invalid_request')
  refused(await server.call('POST', `/v1/trades/${'a'.repeat(3000)}/cancel`), 400, 'invalid_request')
  refused(await server.call('GET', `/v1/${'a'.repeat(30_000)}`), 400, 'invalid_request')
})

test('health and metrics', async () => {
  assert.deepEqual((await server.call('GET', '/health/live')).status, 200)
  assert.deepEqual((await server.call('GET', '/health/ready')).status, 200)
  const { text } = await server.call('GET', '/metrics')
  assert.match(text, /^strata_commands_total\{command="SubmitTrade",outcome="applied"\} \d+$/m)
  assert.match(text, /^strata_command_duration_seconds_bucket\{le="0.01",command="SubmitTrade"\} \d+$/m)
  assert.match(text, /^strata_cache_entries [1-9]/m)
  assert.match(text, /^process_resident_memory_bytes \d+$/m)
  for (const line of text.split('\n')) assert.match(line, /^($|#|strata_|process_|nodejs_)/)
})
