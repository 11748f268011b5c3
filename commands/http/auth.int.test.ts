// Over HTTP: who does not say who they are gets nothing, before anything else; what is open; and what every answer tells a browser.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { served, type Asking, type Served } from '../../test/served.ts'
import { AUDIENCE, ed25519, ISSUER, nowSeconds, tokenByHmac, unsignedToken } from '../../test/tokens.ts'

const issuer = ed25519()
const auth = { publicKey: issuer.pem, issuer: ISSUER, audience: AUDIENCE }
let database: TestDatabase
let server: Served

before(async () => {
  database = await testDatabase()
  server = await served(database.url, { auth })
})
after(async () => {
  await server.close()
  await database.drop()
})

const good = issuer.token({ scope: 'submit' })
const ticket = { owner: 'alice', subject: 's' }

/** A request as it is written, since no client would write it so. */
async function raw(lines: readonly string[], body = ''): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  socket.write([...lines, 'connection: close', '', body].join('\r\n'))
  return text(socket)
}

test('401 with a challenge, before whatever else is wrong with a request', async () => {
  const cases: readonly (readonly [string, string, Asking])[] = [
    ['POST', '/v1/tickets', { body: ticket }],
    ['POST', '/v1/tickets', { raw: 'x', headers: { 'content-type': 'text/plain' } }],
    ['POST', '/v1/tickets', { raw: '{', headers: { 'content-type': 'application/json' } }],
    [
      'POST',
      '/v1/tickets',
      { raw: Buffer.alloc(2 ** 20 + 1), headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
    ],
    ['POST', '/v1/tickets?nope=1', { body: { nope: 1 }, headers: { 'idempotency-key': '', 'if-match': 'x', 'x-strata-actor': 'root' } }],
    ['POST', '/v1/commands', { raw: '\n', headers: { 'content-type': 'application/x-ndjson' } }],
    ['POST', '/v1/commands', { raw: 'x', headers: { 'content-type': 'text/plain' } }],
    ['GET', '/v1/tickets', {}],
    ['GET', '/v1/none', {}],
    ['GET', '/', {}],
    ['DELETE', '/health/live', {}],
    ['GET', '/health/live/', {}],
    ['GET', '/%', {}],
    ['GET', `/v1/tickets/${'x'.repeat(2_000)}`, {}],
    ['GET', '/v1/tickets?access_token=x', {}],
  ]
  for (const [method, path, asking] of cases) {
    const answer = await server.call(method, path, asking)
    assert.deepEqual([answer.status, answer.problem.code], [401, 'unauthenticated'], path)
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="strata"')
  }
  for (const bad of [issuer.token({ exp: nowSeconds() - 60 }), ed25519().token({}), tokenByHmac({}, issuer.pem), unsignedToken({}), 'x']) {
    const answer = await server.post('/v1/tickets', ticket, { authorization: `Bearer ${bad}` })
    assert.deepEqual([answer.status, answer.problem.code], [401, 'unauthenticated'])
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer realm="strata", error="invalid_token", error_description="[^"]+"$/)
  }
})

test('Authorization: Bearer, in any case, once, with one token', async () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer  '])
    assert.equal((await server.post('/v1/tickets', ticket, { authorization: `${scheme} ${good}` })).status, 201, scheme)
  const wrong = [
    good,
    `Basic ${good}`,
    `Bearer${good}`,
    `Bearer ${good} ${good}`,
    `Bearer ${good},Bearer ${good}`,
    `Bearer "${good}"`,
    'Bearer',
    `Token ${good}`,
  ]
  for (const authorization of wrong)
    assert.equal((await server.post('/v1/tickets', ticket, { authorization })).status, 401, authorization.slice(0, 20))
  const body = JSON.stringify(ticket)
  const request = (...headers: readonly string[]) =>
    raw(['POST /v1/tickets HTTP/1.1', 'host: x', 'content-type: application/json', `content-length: ${body.length}`, ...headers], body)
  const bearer = `authorization: Bearer ${good}`
  assert.match(await request(bearer), /^HTTP\/1.1 201 /)
  assert.match(await request(bearer, bearer), /^HTTP\/1.1 401 /)
  assert.match(await request(bearer, 'AUTHORIZATION: Bearer x'), /^HTTP\/1.1 401 /)
  assert.match(await request('authorization: Bearer x', bearer), /^HTTP\/1.1 401 /)
  assert.match(
    await request(`x-authorization: Bearer ${good}`, `proxy-authorization: Bearer ${good}`, `cookie: a=${good}`),
    /^HTTP\/1.1 401 /,
  )
})

test('open: health for everybody, metrics for this machine, and for operators and auditors behind a proxy', async () => {
  for (const path of ['/health/live', '/health/ready', '/metrics']) assert.equal((await server.call('GET', path)).status, 200, path)
  const passedOn = async (scope?: string, name = 'x-forwarded-for') => {
    const headers = { [name]: '203.0.113.9', ...(scope !== undefined && { authorization: `Bearer ${issuer.token({ scope })}` }) }
    return (await server.call('GET', '/metrics', { headers })).status
  }
  for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via']) assert.equal(await passedOn(undefined, name), 401)
  assert.deepEqual([await passedOn('operate'), await passedOn('audit'), await passedOn('submit:any consume')], [200, 200, 403])
})

test('what every answer tells a browser', async () => {
  const names = ['x-content-type-options', 'content-security-policy', 'referrer-policy', 'cache-control', 'access-control-allow-origin']
  for (const [method, path] of [
    ['GET', '/health/live'],
    ['GET', '/v1/none'],
    ['GET', '/%'],
    ['POST', '/v1/tickets'],
  ] as const) {
    const { headers } = await server.call(method, path)
    const expected = ['nosniff', "default-src 'none'; frame-ancestors 'none'", 'no-referrer', 'private, no-cache', null]
    assert.deepEqual(
      names.map((name) => headers.get(name)),
      expected,
      path,
    )
  }
})

test('a token that ends while many commands come: the rest of them are refused', async () => {
  const ending = issuer.token({ scope: 'submit', exp: nowSeconds() - 3 })
  const line = `${JSON.stringify({ command: 'OpenTicket', entityId: 'ticket:alice', data: { subject: 's' } })}\n`
  async function* lines(): AsyncGenerator<Buffer> {
    yield Buffer.from(line)
    await new Promise((resolve) => setTimeout(resolve, 2_200))
    yield Buffer.from(line)
  }
  const sent = { method: 'POST', body: ReadableStream.from(lines()), duplex: 'half' }
  const headers = { authorization: `Bearer ${ending}`, 'content-type': 'application/x-ndjson' }
  const answers = await (await fetch(`${server.url}/v1/commands`, { ...sent, headers } as RequestInit)).text()
  assert.deepEqual(
    [...answers.matchAll(/"line":\d,"status":(\d+)/g)].map(([, status]) => status),
    ['201', '401'],
  )
})

test('commands that come too fast: 429 for one, a slower stream for many, and only for who sends them', async () => {
  await using limited = await served(database.url, { auth, commandsPerSecond: 20 })
  const as = (sub: string) => ({ authorization: `Bearer ${issuer.token({ sub, scope: 'submit' })}` })
  const alice = as('alice')
  const statuses: number[] = []
  for (let n = 0; n < 60; n++) {
    const answer = await limited.post('/v1/tickets', ticket, alice)
    statuses.push(answer.status)
    if (answer.status === 429) assert.deepEqual([answer.problem.code, answer.headers.get('retry-after')], ['rate_limited', '1'])
  }
  assert.ok(statuses.filter((status) => status === 201).length >= 20)
  assert.ok(statuses.includes(429))
  assert.equal((await limited.post('/v1/tickets', { ...ticket, owner: 'bob' }, as('bob'))).status, 201)

  const line = JSON.stringify({ command: 'OpenTicket', entityId: 'ticket:carol', data: { subject: 's' } })
  const lines = Array.from({ length: 30 }, () => line).join('\n')
  for (const query of ['', '?mode=atomic']) {
    const started = performance.now()
    const headers = { ...as('carol'), 'content-type': 'application/x-ndjson' }
    const answer = await limited.call('POST', `/v1/commands${query}`, { raw: lines, headers })
    assert.equal(answer.text.match(/"status":201/g)?.length, 30, answer.text)
    assert.ok(performance.now() - started > 400, `${query} took ${performance.now() - started} ms`)
  }
})
