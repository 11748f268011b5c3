// Promises: a key serves instead of a password; the driver says nothing on stdout and leaves no files; a transaction that failed has done nothing.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { sharedSnowflake } from '../../../test/services/shared.ts'
import { snowflakeAddress } from './address.ts'
import type { Feeding } from './dying.testing.ts'
import { LostSession } from './failure.ts'
import { MAX_STILL_MS, openSession, type Session } from './session.ts'

const { address, skip } = await sharedSnowflake()
const url = address.replace('/ANALYTICS', `/SESSION_${process.pid}`)
const open = (at: string): Promise<Session> =>
  openSession({ address: snowflakeAddress(at), statementTimeoutMs: 20_000, onStatement: () => undefined })

async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'strata-test-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('a private key, with a password of its own or without', { skip }, async () => {
  await using keys = await folder()
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = { type: 'pkcs8', format: 'pem' } as const
  await writeFile(join(keys.path, 'plain.p8'), privateKey.export(pem), { mode: 0o600 })
  await writeFile(join(keys.path, 'locked.p8'), privateKey.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'opens' }), { mode: 0o600 })
  const withKey = (user: string, file: string): string => {
    const at = new URL(url.replace(/\/\/[^@]*@/, `//${user}@`))
    at.searchParams.set('privateKeyPath', join(keys.path, file))
    return at.href
  }
  for (const at of [withKey('me', 'plain.p8'), withKey('me:opens', 'locked.p8')]) {
    const session = await open(at)
    assert.deepEqual(await session.run('SELECT 1::VARCHAR'), [['1']])
    await session.end()
  }
  await assert.rejects(open(withKey('me:wrong', 'locked.p8')))
  await assert.rejects(open(withKey('me', 'nowhere.p8')))
})

test('nothing on stdout, and no files where it runs', { skip }, async () => {
  await using cwd = await folder()
  const feeding: Feeding = { url, view: 'quiet', to: 10, size: 10 }
  const child = spawn(process.execPath, [join(import.meta.dirname, 'dying.testing.ts'), JSON.stringify(feeding)], { cwd: cwd.path })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  assert.deepEqual([out, err, code], ['', '', 0])
  assert.deepEqual(await readdir(cwd.path), [])
})

test('a transaction that has stood still for so long that Snowflake may have ended it goes on no more', { skip }, async (t) => {
  const session = await open(url)
  await session.run('CREATE TABLE STILL (N NUMBER(38,0))')
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  await assert.rejects(
    session.transaction(async () => {
      await session.run('INSERT INTO STILL SELECT 1')
      t.mock.timers.tick(MAX_STILL_MS + 1)
      await session.run('INSERT INTO STILL SELECT 2')
    }),
    LostSession,
  )
  assert.equal(session.isGood, false)
  await session.end()
  const next = await open(url)
  assert.deepEqual(await next.run('SELECT N::VARCHAR FROM STILL'), [])
  await next.end()
})

test('a transaction that fails has done nothing, and its session is good for another one', { skip }, async (t) => {
  const session = await open(url)
  t.after(() => session.end())
  await session.run('CREATE TABLE T (N NUMBER(38,0))')
  await session.transaction(() => session.run('INSERT INTO T SELECT 1'))
  await assert.rejects(
    session.transaction(async () => {
      await session.run('INSERT INTO T SELECT 2')
      await session.run('SELECT * FROM NOWHERE')
    }),
    { code: '002003' },
  )
  assert.deepEqual(await session.run('SELECT N::VARCHAR FROM T'), [['1']])
  await session.transaction(() => session.run('INSERT INTO T SELECT 3'))
  assert.deepEqual(await session.run('SELECT N::VARCHAR FROM T ORDER BY N'), [['1'], ['3']])
  assert.equal(session.isGood, true)
})
