import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Forbidden } from './failure.ts'
import {
  ANYONE,
  assertMay,
  isOver,
  maySee,
  maySeeAll,
  principalOf,
  refusal,
  SCOPES,
  type Principal,
  type Scope,
  type Wish,
} from './principal.ts'

const alice = (...scopes: readonly Scope[]): Principal => ({
  actor: 'alice',
  owner: 'alice',
  scopes: new Set(scopes),
  expiresAt: undefined,
})

const submit = (owner: string, reachesOthers = false): Wish => ({ to: 'submit', owner, reachesOthers })
const read = (owner?: string): Wish => ({ to: 'read', owner })

const wishes: Readonly<Record<string, Wish>> = {
  own: submit('alice'),
  ownReaching: submit('alice', true),
  others: submit('bob'),
  readOwn: read('alice'),
  readOthers: read('bob'),
  readAll: read(),
  consume: { to: 'consume' },
  watch: { to: 'watch' },
  operate: { to: 'operate' },
}

test('each scope allows what it says and nothing else', () => {
  const allowed: Readonly<Record<Scope, readonly string[]>> = {
    submit: ['own', 'readOwn'],
    'submit:any': ['own', 'ownReaching', 'others', 'readOwn', 'readOthers', 'readAll'],
    consume: ['consume'],
    audit: ['readOwn', 'readOthers', 'readAll', 'consume', 'watch'],
    operate: ['watch', 'operate'],
  }
  const may = (principal: Principal): readonly string[] =>
    Object.keys(wishes).filter((name) => refusal(principal, wishes[name] ?? read()) === undefined)
  for (const scope of SCOPES) assert.deepEqual(may(alice(scope)), allowed[scope], scope)
  assert.deepEqual(may(alice()), [])
  assert.deepEqual(may(alice(...SCOPES)), Object.keys(wishes))
  assert.deepEqual(may(ANYONE), Object.keys(wishes))
})

test('who is no owner owns nothing, not even what has no owner', () => {
  const nobody: Principal = { ...alice('submit'), owner: undefined }
  for (const wish of [read(), read('alice'), read('undefined'), submit('undefined'), submit('')]) assert.ok(refusal(nobody, wish))
})

test('what is seen, and the refusal as a failure', () => {
  assert.deepEqual([maySee(alice('submit'), 'trade:alice:1'), maySee(alice('submit'), 'trade:alicia:1')], [true, false])
  assert.deepEqual([maySeeAll(alice('submit')), maySeeAll(alice('audit')), maySeeAll(alice('submit:any'))], [false, true, true])
  assert.throws(() => assertMay(alice('submit'), read('bob')), Forbidden)
  assertMay(alice('submit'), read('alice'))
})

test('a request without a principal goes nowhere; a principal ends', () => {
  for (const request of [{}, { principal: null }]) assert.throws(() => principalOf(request))
  assert.equal(principalOf({ principal: ANYONE }), ANYONE)
  assert.deepEqual(
    [isOver(ANYONE), isOver({ ...ANYONE, expiresAt: Date.now() - 1 }), isOver({ ...ANYONE, expiresAt: Date.now() + 9_999 })],
    [false, true, false],
  )
})
