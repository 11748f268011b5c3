// With tokens: what is whose, on every route. Each test is somebody who tries to get at what is not theirs.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { VersionRecord } from '../ledger/record.ts'
import { feedRoutes } from '../projections/http.ts'
import { readRoutes } from '../replay/http.ts'
import { testDatabase, type TestDatabase } from './database.ts'
import { bulkAnswers, served, type Answered, type Served } from './served.ts'
import { AUDIENCE, ed25519, ISSUER, nowSeconds } from './tokens.ts'

const issuer = ed25519()
let database: TestDatabase
let server: Served

before(async () => {
  database = await testDatabase({ partitions: 1 })
  server = await served(database.url, {
    auth: { publicKey: issuer.pem, issuer: ISSUER, audience: AUDIENCE },
    routes: [readRoutes, feedRoutes],
  })
})
after(async () => {
  await server.close()
  await database.drop()
})

interface Person {
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answered>
  readonly post: (path: string, body: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answered>
  readonly bulk: (lines: readonly object[], query?: string) => ReturnType<Served['bulk']>
}

function person(sub: string, scope: string, claims: Readonly<Record<string, unknown>> = {}): Person {
  const authorization = `Bearer ${issuer.token({ sub, scope, ...claims })}`
  return {
    get: (path, headers = {}) => server.call('GET', path, { headers: { authorization, ...headers } }),
    post: (path, body, headers = {}) => server.post(path, body, { authorization, ...headers }),
    async bulk(lines, query = '') {
      const raw = lines.map((line) => JSON.stringify(line)).join('\n')
      const answer = await server.call('POST', `/v1/commands${query}`, {
        raw,
        headers: { authorization, 'content-type': 'application/x-ndjson' },
      })
      return { ...answer, lines: answer.type.includes('ndjson') ? bulkAnswers(answer.text) : [] }
    },
  }
}

const alice = person('alice', 'submit')
const bob = person('bob', 'submit')
const desk = person('desk', 'submit:any')
const auditor = person('ann', 'audit')
const sink = person('sink', 'consume')

let made = 0
const unique = (): string => `n${++made}`

async function account(owner: Person, name: string, { currency = 'USD', balance = '100' } = {}): Promise<string> {
  const accountId = unique()
  await owner.post('/v1/accounts', { owner: name, accountId, currency })
  if (balance !== '0')
    assert.equal((await owner.post(`/v1/accounts/account:${name}:${accountId}/deposit`, { amount: balance })).status, 200)
  return `account:${name}:${accountId}`
}
async function trade(owner: Person, name: string, side: 'buy' | 'sell' = 'buy'): Promise<string> {
  const tradeId = unique()
  const body = { owner: name, tradeId, instrument: 'X', side, quantity: '1', price: '7', currency: 'USD', strategy: `secret of ${name}` }
  assert.equal((await owner.post('/v1/trades', body)).status, 201)
  return `trade:${name}:${tradeId}`
}
const codeOf = ({ status, problem }: Answered): readonly unknown[] => [status, problem?.code]
const FORBIDDEN = [403, 'forbidden']

test('reads of another owner’s: the same 403, whether or not it is there', async () => {
  const id = await trade(bob, 'bob')
  for (const [there, notThere] of [
    [id, 'trade:bob:none'],
    ['account:bob:world.USD', 'account:bob:none'],
  ] as const) {
    for (const path of [
      '/v1/entities/ID',
      '/v1/entities/ID?version=1',
      '/v1/entities/ID?version=99',
      '/v1/entities/ID?asOf=2001-01-01T00:00:00Z',
      '/v1/entities/ID?effectiveAsOf=2099-01-01T00:00:00Z',
      '/v1/entities/ID/history',
      '/v1/entities/ID/history?after=5',
      '/v1/entities/ID/diff?from=1&to=1',
    ]) {
      const answers = await Promise.all([there, notThere].map((one) => alice.get(path.replace('ID', one))))
      for (const answer of answers) {
        assert.deepEqual(codeOf(answer), FORBIDDEN, path)
        assert.equal(answer.headers.get('etag'), null)
      }
      const [first, second] = answers.map(({ problem: { instance: _, ...rest } }) => rest)
      assert.deepEqual(first, second)
    }
  }
  assert.deepEqual(codeOf(await alice.get(`/v1/trades/${id}`, { 'if-none-match': '*' })), FORBIDDEN)
  assert.equal(
    (await server.call('HEAD', `/v1/trades/${id}`, { headers: { authorization: `Bearer ${issuer.token({ scope: 'submit' })}` } })).status,
    403,
  )
  assert.deepEqual(codeOf(await alice.get(`/v1/trades/${id.replaceAll(':', '%3A')}`)), FORBIDDEN)
  // 400 comes first, 404 afterwards.
  assert.equal((await alice.get(`/v1/trades/${id}?nope=1`)).status, 400)
  assert.equal((await alice.get(`/v1/trades/account:bob:1`)).status, 400)
  assert.equal((await alice.get(`/v1/trades/trade:alice:none`)).status, 404)
  for (const who of [bob, desk, auditor]) assert.equal((await who.get(`/v1/entities/${id}/history`)).status, 200)
  for (const who of [
    sink,
    person('bob', ''),
    person('bob', 'operate'),
    person('Bob', 'submit'),
    person('bob', 'submit', { owner: 'alice' }),
  ])
    assert.deepEqual(codeOf(await who.get(`/v1/trades/${id}`)), FORBIDDEN)
  assert.equal((await person('machine', 'submit', { owner: 'bob' }).get(`/v1/trades/${id}`)).status, 200)
})

test('lists: one’s own alone, and no cursor of one’s own making opens them', async () => {
  await trade(alice, 'alice')
  await trade(bob, 'bob')
  for (const query of ['', '?owner=bob', '?status=open', '?owner=bob&asOf=2099-01-01T00:00:00Z', '?owner=alic'])
    assert.deepEqual(codeOf(await alice.get(`/v1/trades${query}`)), FORBIDDEN, query)
  assert.equal((await alice.get('/v1/trades?owner=alice&owner=bob')).status, 400)
  const page = JSON.parse((await alice.get('/v1/trades?owner=alice&limit=1')).text) as {
    readonly data: readonly VersionRecord[]
    readonly next: string
  }
  assert.deepEqual(
    page.data.map(({ state }) => state['owner']),
    ['alice'],
  )
  for (const who of [desk, auditor]) assert.ok((await who.get('/v1/trades')).text.includes('trade:bob:'))

  await trade(alice, 'alice')
  const { next } = JSON.parse((await alice.get('/v1/trades?owner=alice&limit=1')).text) as { readonly next: string }
  const [version, filters, , asOf] = JSON.parse(Buffer.from(next, 'base64url').toString()) as readonly unknown[]
  for (const below of ['trade:bob:zzz', 'trade:zzz:zzz', 'trade:alice0:zzz', 'account:alice:zzz']) {
    const cursor = Buffer.from(JSON.stringify([version, filters, below, asOf])).toString('base64url')
    const answer = await alice.get(`/v1/trades?owner=alice&cursor=${cursor}`)
    assert.equal(answer.status, 400, below)
    assert.ok(!answer.text.includes('trade:bob:n'))
  }
})

test('the feed is for who consumes or audits, in each of its forms, and ends with the token', async () => {
  for (const who of [alice, desk, person('x', 'operate')])
    for (const [path, accept] of [
      ['/v1/feed', '*/*'],
      ['/v1/feed?owner=alice', '*/*'],
      ['/v1/feed?partition=0', '*/*'],
      ['/v1/feed', 'text/event-stream'],
      ['/v1/feed', 'application/x-ndjson'],
    ] as const)
      assert.deepEqual(codeOf(await who.get(path, { accept })), FORBIDDEN)
  for (const who of [sink, auditor]) assert.equal((await who.get('/v1/feed')).status, 200)
  assert.deepEqual(
    codeOf(await sink.post('/v1/trades', { owner: 'sink', instrument: 'X', side: 'buy', quantity: '1', currency: 'USD' })),
    FORBIDDEN,
  )
  const ending = person('sink', 'consume', { exp: nowSeconds() - 3 })
  const stream = await ending.get('/v1/feed?after=end', { accept: 'text/event-stream' })
  assert.match(stream.text, /the feed follows/)
  assert.deepEqual(codeOf(await ending.get('/v1/feed')), [401, 'unauthenticated'])
})

test('commands on what is another’s, one by one and in bulk', async () => {
  const id = await trade(bob, 'bob')
  const funds = await account(bob, 'bob')
  const attempts: readonly (readonly [string, object])[] = [
    ['/v1/trades', { owner: 'bob', instrument: 'X', side: 'buy', quantity: '1', currency: 'USD' }],
    [`/v1/trades/${id}/cancel`, {}],
    ['/v1/trades/trade:bob:none/cancel', {}],
    [`/v1/trades/${id}/cancel?dryRun=true`, {}],
    [`/v1/accounts/${funds}/withdraw`, { amount: '1' }],
    ['/v1/transfers', { fromAccountId: funds, toAccountId: 'account:alice:x', amount: '1' }],
    [`/v1/accounts/account:bob:world.USD/deposit`, { amount: '1' }],
  ]
  for (const [path, body] of attempts) {
    assert.deepEqual(codeOf(await alice.post(path, body)), FORBIDDEN, path)
    assert.deepEqual(
      codeOf(await alice.post(path, body, { 'if-match': '"99"' })),
      path === '/v1/trades' ? [400, 'invalid_request'] : FORBIDDEN,
      path,
    )
  }
  // 415 and 400 come before 403.
  assert.equal((await alice.post(`/v1/trades/${id}/cancel`, { nope: 1 })).status, 400)
  const lines = [
    { command: 'CancelTrade', entityId: id, data: {} },
    { command: 'OpenTicket', entityId: 'ticket:alice', data: { subject: 's' } },
    { command: 'OpenTicket', entityId: 'ticket:bob', data: { subject: 's' } },
    { command: 'CancelTrade', entityId: id, data: { nope: 1 } },
    { command: 'CancelTrade', entityId: 'trade:bob:none', data: {} },
  ]
  for (const query of ['', '?dryRun=true'])
    assert.deepEqual(
      (await alice.bulk(lines, query)).lines.map(({ status }) => status),
      query === '' ? [403, 201, 403, 400, 403] : [403, 200, 403, 400, 403],
    )
  const atomic = await alice.bulk(lines.slice(0, 3), '?mode=atomic')
  assert.deepEqual([atomic.status, ...atomic.lines.map(({ problem }) => problem?.code)], [403, 'forbidden', 'aborted', 'aborted'])
  assert.equal((await desk.post(`/v1/trades/${id}/cancel`, {})).receipt.versions[0]?.actor, 'desk')
})

test('a transfer pays others, and shows nothing of them: not at first, not again, not in bulk, not dry', async () => {
  const from = await account(alice, 'alice')
  const to = await account(bob, 'bob', { balance: '41' })
  const body = { fromAccountId: from, toAccountId: to, amount: '1' }
  const key = unique()
  const line = { command: 'TransferFunds', entityId: from, data: { toAccountId: to, amount: '1' }, commandId: unique() }
  const answers = [
    (await alice.post('/v1/transfers?dryRun=true', body)).receipt,
    (await alice.post('/v1/transfers', body, { 'idempotency-key': key })).receipt,
    (await alice.post('/v1/transfers', body, { 'idempotency-key': key })).receipt,
    (await alice.bulk([line])).lines[0]?.receipt,
    (await alice.bulk([line])).lines[0]?.receipt,
    (await alice.bulk([{ ...line, commandId: unique() }], '?mode=atomic')).lines[0]?.receipt,
    (await alice.bulk([line], '?mode=atomic')).lines[0]?.receipt,
    (await alice.bulk([line], '?dryRun=true')).lines[0]?.receipt,
  ]
  for (const receipt of answers) {
    const [own, others] = receipt?.versions ?? []
    assert.deepEqual([own?.entityId, others?.entityId], [from, to])
    assert.ok(own?.data && own.state)
    assert.ok(others && !('data' in others) && !('state' in others), JSON.stringify(others))
    assert.doesNotMatch(JSON.stringify(others), /"4[1-9]"|balance/)
  }
  // Whoever may see it gets it from the same key.
  assert.ok((await desk.post('/v1/transfers', body, { 'idempotency-key': key })).receipt.versions[1]?.state)
  assert.equal((await desk.post('/v1/transfers', body, { 'idempotency-key': key })).headers.get('idempotency-replayed'), 'true')
})

test('a transfer that is refused tells why in a code, and no value of the other side', async () => {
  const from = await account(alice, 'alice')
  const euros = await account(bob, 'bob', { currency: 'EUR' })
  const closed = await account(bob, 'bob', { balance: '0' })
  await bob.post(`/v1/accounts/${closed}/close`, {})
  const rich = await account(person('rich', 'submit'), 'rich', { balance: '99999999999999999999' })
  const pay = (who: Person, toAccountId: string, more: object = {}) =>
    who.post('/v1/transfers', { fromAccountId: from, toAccountId, amount: '5', ...more })
  for (const [to, code, secret, more] of [
    [euros, 'currency_mismatch', /EUR/, {}],
    [closed, 'account_closed', /is closed$/, {}],
    [rich, 'out_of_range', /\d{20}/, {}],
  ] as const) {
    const answer = await pay(alice, to, more)
    assert.deepEqual(codeOf(answer), [422, code])
    assert.doesNotMatch(answer.text, secret)
    assert.match((await pay(desk, to, more)).problem.detail, secret)
    assert.ok(
      !(await alice.bulk([{ command: 'TransferFunds', entityId: from, data: { toAccountId: to, amount: '5' } }])).text.match(secret),
    )
  }
  const early = { effectiveAt: '2001-01-01T00:00:00Z' }
  const old = await account(desk, 'alice', { balance: '0' })
  assert.deepEqual(codeOf(await pay(alice, euros, early)), [422, 'currency_mismatch'])
  assert.doesNotMatch(
    (await alice.post('/v1/transfers', { fromAccountId: old, toAccountId: rich, amount: '5', ...early })).problem.detail,
    /account:rich/,
  )
})

test('an account of another owner does not fund a trade, and is not given away', async () => {
  const there = await account(bob, 'bob', { currency: 'EUR' })
  const submit = (fundingAccountId: string) =>
    alice.post('/v1/trades', { owner: 'alice', instrument: 'X', side: 'buy', quantity: '1', price: '1', currency: 'USD', fundingAccountId })
  for (const id of [there, 'account:bob:none']) assert.deepEqual(codeOf(await submit(id)), [422, 'account_not_owned'])
})

test('matching and breaking with another’s trade takes submit:any, before any key is looked up', async () => {
  const [mine, theirs] = [await trade(alice, 'alice'), await trade(bob, 'bob', 'sell')]
  const key = unique()
  const match = (who: Person) => who.post(`/v1/trades/${mine}/match`, { otherTradeId: theirs }, { 'idempotency-key': key })
  assert.deepEqual(codeOf(await match(alice)), FORBIDDEN)
  assert.deepEqual(codeOf(await alice.post(`/v1/trades/${mine}/match`, { otherTradeId: 'trade:bob:none' })), FORBIDDEN)
  assert.deepEqual(codeOf(await alice.post(`/v1/trades/${mine}/match?dryRun=true`, { otherTradeId: theirs })), FORBIDDEN)
  assert.deepEqual(codeOf(await alice.post(`/v1/trades/${mine}/match`, { otherTradeId: await trade(alice, 'alice', 'sell') })), [
    422,
    'terms_differ',
  ])
  assert.equal((await match(desk)).status, 200)
  assert.deepEqual(codeOf(await match(alice)), FORBIDDEN, 'the answer to another’s command is not given out')
  assert.deepEqual(codeOf(await alice.post(`/v1/trades/${mine}/break`, { reason: 'r' })), FORBIDDEN)
  assert.deepEqual(
    (await alice.bulk([{ command: 'BreakMatch', entityId: mine, data: { reason: 'r' } }])).lines.map(({ status }) => status),
    [403],
  )
  assert.equal((await alice.post(`/v1/trades/${mine}/confirm`, {})).status, 200)
  assert.deepEqual(codeOf(await bob.post(`/v1/trades/${mine}/settle`, {})), FORBIDDEN)
  assert.equal((await desk.post(`/v1/trades/${mine}/break`, { reason: 'r' })).status, 200)
})

test('a key is its owner’s: another owner’s same key is another one, and the actor is the token’s subject', async () => {
  const key = { 'idempotency-key': unique() }
  const open = (who: Person, owner: string) => who.post('/v1/tickets', { owner, subject: `of ${owner}` }, key)
  assert.equal((await open(alice, 'alice')).status, 201)
  const theirs = await open(bob, 'bob')
  assert.deepEqual([theirs.status, theirs.headers.get('idempotency-replayed')], [201, null])
  assert.deepEqual(codeOf(await open(bob, 'alice')), FORBIDDEN)
  assert.equal((await open(desk, 'alice')).headers.get('idempotency-replayed'), 'true')
  assert.equal(theirs.receipt.versions[0]?.actor, 'bob')
  for (const path of ['/v1/tickets', '/v1/commands']) {
    const headers = { 'x-strata-actor': 'alice', ...(path === '/v1/commands' && { 'content-type': 'application/x-ndjson' }) }
    const answer = await bob.post(path, { owner: 'bob', subject: 's' }, headers)
    assert.deepEqual([answer.status, answer.problem.errors?.[0]?.pointer], [400, 'x-strata-actor'], answer.text)
  }
})
