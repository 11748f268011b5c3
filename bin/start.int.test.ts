// `strata start`: ready, graceful, and never open to strangers; what it can not do it says in one sentence.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { testDatabase } from '../test/database.ts'
import { running, server, strata } from '../test/strata.ts'

const account = (n: number) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ owner: `o${n}`, accountId: 'USD', currency: 'USD' }),
})

// A connection that the kernel has accepted and the server not yet is closed with the port: whoever opened it has sent nothing that was read, and may send it again.
test('SIGTERM while requests are in flight: each that was read is answered, and what was acknowledged is there, no more and no less', async () => {
  await using database = await testDatabase()
  const env = { STRATA_DATABASE_URL: database.url }
  await using api = await server(env)
  const statuses = Array.from({ length: 100 }, (_, n) =>
    fetch(`${api.url}/v1/accounts`, account(n)).then(
      async (answer) => {
        await answer.text()
        return answer.status
      },
      () => 'not accepted' as const,
    ),
  )
  await Promise.race(statuses)
  api.kill('SIGTERM')
  const answered = (await Promise.all(statuses)).filter((status) => status !== 'not accepted')
  assert.deepEqual(new Set(answered), new Set([201]))
  const { code, stdout, stderr } = await api.ended
  assert.equal(code, 0, stderr)
  assert.match(stdout, new RegExp(`^ready http://127\\.0\\.0\\.1:\\d+ pid ${api.pid}\\n$`), 'nothing else on stdout')
  for (const part of ['/v1/trades', '/console', 'API', 'data', 'database']) assert.ok(stderr.includes(part), part)
  assert.match(
    stderr,
    /views +audit_trail, .* in postgres, up to (date|\d+ versions behind)\n +accounts, .* in duckdb-[0-9a-f]{6}, up to (date|\d+ versions behind)\n.*\n.*\/console#\/projections/,
  )
  const feed = await strata(['feed', '--json'], env)
  assert.equal(feed.stdout.split('\n').filter(Boolean).length, answered.length)
})

test('readers of stdout that go away are no reason to crash', async () => {
  await using database = await testDatabase()
  const env = { STRATA_DATABASE_URL: database.url }
  await using api = await server(env)
  const text = Array.from({ length: 1_000 }, (_, n) =>
    JSON.stringify({ command: 'OpenTicket', entityId: `ticket:o:${n}`, data: { subject: 'x'.repeat(500) } }),
  ).join('\n')
  await (await fetch(`${api.url}/v1/commands`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: text })).text()

  await using feed = running(['feed', '--json'], env)
  await feed.said(/\n/)
  feed.closeStdout()
  const { code, stderr } = await feed.ended
  assert.equal(code, 0, stderr)
  assert.doesNotMatch(stderr, /EPIPE|Error/)

  await using following = running(['feed', '--follow', '--after', 'end', '--json'], env)
  let heard = false
  const hears = following.said(/AccountOpened/).then(() => (heard = true))
  for (let n = 0; !heard; n++) await Promise.race([hears, fetch(`${api.url}/v1/accounts`, account(n)).then(() => sleep(200))])
  following.kill('SIGINT')
  assert.equal((await following.ended).code, 130)

  api.closeStdout()
  assert.equal((await fetch(`${api.url}/health/live`)).status, 200)
  api.kill('SIGINT')
  assert.equal((await api.ended).code, 0)
})

test('what it can not do, it says, and ends with 1 or 2', async () => {
  await using database = await testDatabase()
  await using empty = await testDatabase({ migrate: false })
  const busy = createServer().listen(0, '127.0.0.1')
  await once(busy, 'listening')
  const address = busy.address()
  const port = String(typeof address === 'object' && address !== null ? address.port : 0)
  const cases: readonly (readonly [number, RegExp, readonly string[], Readonly<Record<string, string>>])[] = [
    [1, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is in use`), ['--port', port], { STRATA_DATABASE_URL: database.url }],
    [1, /strata migrate/, [], { STRATA_DATABASE_URL: empty.url }],
    [1, /created with 16 partitions/, ['--partitions', '4'], { STRATA_DATABASE_URL: database.url }],
    [2, /STRATA_JWKS_URL or STRATA_JWT_PUBLIC_KEY/, [], { STRATA_AUTH: 'jwt' }],
    [2, /without auth/, ['--host', '0.0.0.0'], {}],
    [1, /\/dev\/null\/data is not a folder/, ['--data-dir', '/dev/null/data'], {}],
  ]
  for (const [code, sentence, args, env] of cases) {
    const ended = await strata(['start', ...args], { STRATA_PORT: '0', ...env })
    assert.equal(ended.code, code, ended.stderr)
    assert.match(ended.stderr, sentence)
    assert.equal(ended.stdout, '')
    assert.doesNotMatch(ended.stderr, /\n\s+at /)
  }
  busy.close()
})

test('--migrate makes the ledger, --demo fills an empty one, once', async () => {
  await using database = await testDatabase({ migrate: false })
  const env = { STRATA_DATABASE_URL: database.url }
  await using first = await server(env, ['--migrate', '--demo'])
  const matched = (await (await fetch(`${first.url}/v1/trades/trade:alice:T-2`)).json()) as { state: Record<string, string> }
  assert.deepEqual([matched.state['confirmation'], matched.state['matchedWith']], ['settled', 'trade:bob:T-2'])
  first.kill('SIGTERM')
  const said = (await first.ended).stderr
  assert.match(said, /sample data: \d+ commands/)
  const before = (await strata(['feed', '--json'], env)).stdout
  await using second = await server(env, ['--demo'])
  second.kill('SIGTERM')
  assert.doesNotMatch((await second.ended).stderr, /sample data/)
  assert.equal((await strata(['feed', '--json'], env)).stdout, before)
})

test('started by npm, it does not outlive npm: a signal to npm ends the shell between the two', async () => {
  await using database = await testDatabase()
  const command = `"${process.execPath}" "${join(import.meta.dirname, 'strata.ts')}" start; exit $?`
  const shell = spawn('sh', ['-c', command], {
    env: { PATH: process.env['PATH'], STRATA_DATABASE_URL: database.url, STRATA_PORT: '0', npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [ready] = (await once(shell.stdout, 'data')) as [Buffer]
  const pid = Number(/pid (\d+)/.exec(ready.toString())?.[1])
  shell.kill('SIGTERM')
  try {
    await once(shell.stdout, 'close', { signal: AbortSignal.timeout(20_000) }) // the server had it too
  } catch (error) {
    process.kill(pid, 'SIGKILL')
    throw error
  }
})
