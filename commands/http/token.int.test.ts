// Tokens, good ones and those that somebody made to get in.
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Unavailable } from '../../ledger/failure.ts'
import {
  AUDIENCE,
  ed25519,
  ISSUER,
  nowSeconds,
  p256,
  rsa,
  token,
  tokenByHmac,
  unsignedToken,
  type Claims,
  type Issuer,
} from '../../test/tokens.ts'
import { MAX_JWKS_BYTES } from './limits.ts'
import { publicKeyOf } from './public-key.ts'
import { TokenRefused, tokens, type TokenOptions, type Tokens } from './token.ts'

const own = ed25519()
const other = ed25519()
const ignore = (): void => undefined
const verifier = (options: Partial<TokenOptions> = {}): Tokens =>
  tokens({ publicKey: own.pem, issuer: ISSUER, audience: AUDIENCE, ...options }, ignore)
const refused = (tokens: Tokens, text: string, why = /./): Promise<void> =>
  assert.rejects(
    tokens.verify(text),
    (error) => error instanceof TokenRefused && why.test(error.message) && /^[\x20-\x7e]+$/.test(error.message),
  )

test('a key of each kind, and the algorithm is the key’s', async () => {
  const issuers = [own, p256(), rsa()]
  for (const one of issuers) {
    const check = verifier({ publicKey: one.pem })
    const { actor, owner, scopes } = await check.verify(one.token({ scope: 'submit audit' }))
    assert.deepEqual([actor, owner, [...scopes]], ['alice', 'alice', ['submit', 'audit']])
    for (const foreign of issuers.filter((issuer) => issuer !== one)) {
      await refused(check, foreign.token({}))
      await refused(check, token({}, { ...foreign.signing, alg: one.signing.alg }))
    }
    for (const alg of ['HS256', 'HS384', one.signing.alg]) {
      await refused(check, tokenByHmac({}, one.pem, alg))
      await refused(check, tokenByHmac({}, one.pem.trim(), alg))
    }
    for (const alg of ['none', 'None', 'NONE', '', one.signing.alg]) await refused(check, unsignedToken({}, alg))
  }
})

test('keys that no token may be signed with', () => {
  assert.equal(publicKeyOf(rsa(1_024).pem), undefined)
  assert.equal(publicKeyOf(`${own.pem}${own.signing.key.export({ type: 'pkcs8', format: 'pem' }).toString()}`), undefined)
  assert.throws(() => tokens({ publicKey: 'x' }, ignore), TypeError)
  assert.throws(() => tokens({}, ignore), TypeError)
})

test('claims that are not right', async () => {
  const check = verifier()
  const cases: readonly (readonly [Claims, RegExp])[] = [
    [{ exp: nowSeconds() - 10 }, /expired/],
    [{ exp: undefined }, /no exp/],
    [{ exp: '9999999999' }, /exp/],
    [{ exp: null }, /exp/],
    [{ nbf: nowSeconds() + 60 }, /nbf/],
    [{ iat: nowSeconds() + 60 }, /iat/],
    [{ iss: 'https://issuer.example/' }, /iss/],
    [{ iss: undefined }, /no iss/],
    [{ iss: [ISSUER] }, /iss/],
    [{ aud: 'strata2' }, /aud/],
    [{ aud: undefined }, /no aud/],
    [{ aud: [] }, /aud/],
    [{ sub: undefined }, /no sub/],
    [{ sub: '' }, /sub/],
    [{ sub: 7 }, /sub/],
    [{ sub: 'a\nb' }, /sub/],
    [{ sub: 'a\u202eb' }, /sub/],
    [{ sub: 'x'.repeat(256) }, /sub/],
    [{ owner: '' }, /owner/],
    [{ owner: null }, /owner/],
    [{ owner: ['alice'] }, /owner/],
    [{ owner: 'alice:x' }, /owner/],
    [{ owner: '..' }, /owner/],
  ]
  for (const [claims, why] of cases) await refused(check, own.token(claims), why)
  await refused(check, other.token({}), /not signed/)
  await refused(check, token({}, { ...own.signing, header: { crit: ['exp'] } }))
  await refused(check, token({}, { ...own.signing, header: { b64: false, crit: ['b64'] } }))
  const [head, , signature] = own.token({}).split('.')
  await refused(check, `${head}.${Buffer.from('{"sub":"root"}').toString('base64url')}.${signature}`)
  for (const text of ['', '.', '..', 'x.y.z', `${own.token({})}.x`, own.token({}).slice(0, -2)]) await refused(check, text)
})

test('who it is: owner or subject, scopes as they are written, and a clock that is a little off', async () => {
  const check = verifier()
  const who = async (claims: Claims) => {
    const { actor, owner, scopes } = await check.verify(own.token(claims))
    return [actor, owner, [...scopes].join(' ')]
  }
  assert.deepEqual(await who({ sub: 'machine', owner: 'carol', scope: 'submit' }), ['machine', 'carol', 'submit'])
  assert.deepEqual(await who({ sub: 'auth0|é', scope: 'audit' }), ['auth0|é', undefined, 'audit'])
  for (const scope of [
    'SUBMIT',
    'submit,audit',
    'submit:*',
    'submit\taudit',
    'submit\u00a0audit',
    'submit:any2',
    '',
    ['submit'],
    { submit: 1 },
    true,
    undefined,
  ])
    assert.deepEqual(await who({ scope }), ['alice', 'alice', ''], JSON.stringify(scope))
  assert.deepEqual(await who({ scope: '  submit  unknown ' }), ['alice', 'alice', 'submit'])
  assert.deepEqual(await who({ aud: ['else', AUDIENCE], iat: undefined }), ['alice', 'alice', ''])
  assert.deepEqual(await who({ exp: nowSeconds() - 1, iat: nowSeconds() + 2, nbf: nowSeconds() + 2 }), ['alice', 'alice', ''])
})

test('a token is remembered as it is, and not beyond its end', async () => {
  const check = verifier()
  const good = own.token({ scope: 'submit' })
  assert.equal(check.known(good), undefined)
  const principal = await check.verify(good)
  assert.equal(check.known(good), principal)
  assert.equal(check.known(`${good.slice(0, -1)}x`), undefined)
  const ending = own.token({ exp: nowSeconds() - 4 })
  await check.verify(ending)
  await new Promise((resolve) => setTimeout(resolve, 2_100))
  assert.equal(check.known(ending), undefined)
  await refused(check, ending, /expired/)
})

interface Published {
  readonly url: string
  readonly asked: () => number
  answer: { readonly status: number; readonly body: string }
  close(): Promise<void>
}

async function published(): Promise<Published> {
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    response.writeHead(site.answer.status, { location: '/elsewhere' }).end(site.answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const site: Published = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    asked: () => asked,
    answer: { status: 200, body: '' },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return site
}

const jwk = ({ pem }: Issuer, kid?: string) => ({ ...createPublicKey(pem).export({ format: 'jwk' }), ...(kid !== undefined && { kid }) })
const keySet = (...keys: readonly object[]) => ({ status: 200, body: JSON.stringify({ keys }) })
const withKid = ({ signing }: Issuer, kid: string, claims: Claims = {}) => token(claims, { ...signing, header: { kid } })

test('published keys: chosen by kid and kind, fetched once, and no token makes them be fetched again and again', async () => {
  const site = await published()
  try {
    const [second, third] = [p256(), ed25519()]
    site.answer = keySet(jwk(own, 'a'), jwk(second, 'b'), { kty: 'oct', kid: 'c', k: 'c2VjcmV0' })
    const check = verifier({ publicKey: undefined, jwksUrl: site.url })
    await check.verify(withKid(own, 'a'))
    await check.verify(withKid(second, 'b'))
    await check.verify(own.token({}))
    await refused(check, withKid(own, 'b'))
    await refused(check, withKid(other, 'a'))
    await refused(check, tokenByHmac({}, 'secret'))
    await refused(check, unsignedToken({}))
    for (const kid of ['../a', "a' or '1", 'c', 'z']) await refused(check, withKid(third, kid))
    await refused(check, token({}, { ...third.signing, header: { jwk: jwk(third), jku: site.url, x5u: site.url } }))
    site.answer = keySet(jwk(own, 'a'), jwk(third, 'd'))
    await refused(check, withKid(third, 'd'), /published/)
    assert.equal(site.asked(), 1, 'an unknown key is looked for again after a while only')

    site.answer = keySet(jwk(own), jwk(third))
    await refused(verifier({ publicKey: undefined, jwksUrl: site.url }), own.token({}), /kid/)
  } finally {
    await site.close()
  }
})

test('keys that can not be had are no fault of the token: unavailable, and asked for once in a while', async () => {
  const site = await published()
  const away: unknown[] = []
  const check = (): Tokens => tokens({ jwksUrl: site.url }, (error) => away.push(error))
  const good = own.token({})
  try {
    for (const answer of [
      { status: 500, body: '' },
      { status: 302, body: '' },
      { status: 200, body: 'no JSON' },
      { status: 200, body: '{"keys":7}' },
      { status: 200, body: ' '.repeat(MAX_JWKS_BYTES + 1) },
    ]) {
      site.answer = answer
      await assert.rejects(check().verify(good), Unavailable, answer.body.slice(0, 20))
    }
  } finally {
    await site.close()
  }
  const gone = check()
  const before = away.length
  for (let n = 0; n < 5; n++) await assert.rejects(gone.verify(good), Unavailable)
  assert.equal(away.length, before + 1)
})
