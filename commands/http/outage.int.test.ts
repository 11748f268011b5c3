import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { migrate } from '../../ledger/migrate.ts'
import { served } from '../../test/served.ts'
import { startTestPostgres } from '../../test/postgres.ts'

test('the database goes away: 503 with Retry-After; it comes back: so does the server, by itself', { timeout: 60_000 }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'strata-outage-'))
  await chmod(dataDir, 0o755)
  try {
    await using postgres = await startTestPostgres(dataDir)
    await migrate(postgres.url)
    await using server = await served(postgres.url)
    const deposit = (key: string) => server.post('/v1/accounts/account:ann:A/deposit', { amount: '1' }, { 'idempotency-key': key })
    await server.post('/v1/accounts', { owner: 'ann', accountId: 'A', currency: 'USD' })

    // Killed, so that it is started again on the same port by whoever holds it.
    let running = true
    const seen = new Map<number, number>()
    const unsure: string[] = []
    const applied: string[] = []
    const hands = Array.from({ length: 4 }, async (_, hand) => {
      for (let n = 0; running; n++) {
        const key = `${hand}-${n}`
        const answer = await deposit(key)
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
        if (answer.status === 200) applied.push(key)
        else {
          unsure.push(key)
          assert.deepEqual([answer.status, answer.problem.code, answer.headers.get('retry-after')], [503, 'unavailable', '1'], answer.text)
          await sleep(20)
        }
      }
    })
    await sleep(200)
    process.kill(postgres.pid, 'SIGQUIT')
    while ((seen.get(503) ?? 0) === 0) await sleep(5)
    const away = await server.call('GET', '/health/ready')
    assert.equal((await server.call('GET', '/health/live')).status, 200)
    const before = applied.length
    while (applied.length < before + 20) await sleep(20)
    running = false
    await Promise.all(hands)
    while ((await server.call('GET', '/health/ready')).status !== 200) await sleep(20)
    assert.ok([200, 503].includes(away.status))

    // Every key is asked again: what was unsure is found out, what was answered stays answered.
    for (const key of [...unsure, ...applied]) assert.equal((await deposit(key)).status, 200)
    const { state, version } = (await server.ledger.read.latest('account:ann:A')) ?? assert.fail('the account is there')
    assert.equal(state['balance'], String(unsure.length + applied.length))
    assert.equal(version, unsure.length + applied.length + 1)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
