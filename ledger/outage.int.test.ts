// Promises: while the database is away works are told so at once, and nothing else happens; when it is back, the ledger goes on by itself, and no answer was wrong.
import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestPostgres } from '../test/postgres.ts'
import { ticketOf } from './batch.testing.ts'
import { isUnavailable, Unavailable } from './failure.ts'
import { openLedger } from './index.ts'
import { migrate } from './migrate.ts'
import { assertSound } from './sound.testing.ts'
import { addNote, openTicket, type Reply } from './works.testing.ts'

const folder = await mkdtemp(join(tmpdir(), 'strata-outage-'))
await chmod(folder, 0o755)
const server = await startTestPostgres(join(folder, 'data'), { fsync: 'off' })
await migrate(server.url)
const ledger = await openLedger({ url: server.url })
after(async () => {
  await ledger.close()
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

test('the server is killed under load, and starts again: every key ends up applied once, without reopening anything', async () => {
  const ids = ['a', 'b', 'c'].map((owner) => ticketOf(owner, 'hot'))
  await Promise.all(ids.map((id) => ledger.append(openTicket(id))))
  const seen = { unavailable: 0, acknowledged: [] as Reply[] }
  const writer = async (name: number): Promise<void> => {
    for (let n = 0; n < 100; n++) {
      const id = ids[(name + n) % ids.length] ?? ''
      for (;;) {
        const reply = await ledger.append(addNote(id, { key: `${name}-${n}` })).catch((error: unknown) => error)
        if (!(reply instanceof Error)) {
          seen.acknowledged.push(reply as Reply)
          break
        }
        assert.ok(reply instanceof Unavailable, String(reply))
        seen.unavailable++
        await sleep(20)
      }
    }
  }
  const writing = Promise.all(Array.from({ length: 10 }, (_, name) => writer(name)))
  for (let kills = 0; kills < 3; kills++) {
    const { pid } = server
    await sleep(30)
    process.kill(pid, 'SIGKILL')
    for (const until = performance.now() + 20_000; server.pid === pid && performance.now() < until;) await sleep(20)
  }
  await writing
  assert.ok(seen.unavailable > 0, 'nobody noticed')
  assert.equal(seen.acknowledged.length, 1_000)
  for (const { status, records } of seen.acknowledged) assert.ok(['applied', 'replayed'].includes(status) && records.length === 1)
  const counts = await Promise.all(ids.map(async (id) => Number((await ledger.read.latest(id))?.state['noteCount'])))
  assert.equal(
    counts.reduce((a, b) => a + b),
    1_000,
  )
  const answered = new Set(seen.acknowledged.map(({ records: [record] }) => `${record?.entityId} ${record?.version}`))
  assert.equal(answered.size, 1_000)
  await assertSound(ledger.database)
})

test('a connection that breaks while it is lent out does not end the process', async () => {
  const client = await ledger.database.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  await ledger.database.query('select pg_terminate_backend($1)', [rows[0]?.pid])
  await sleep(50)
  const error = await client.query('select 1').catch((failure: unknown) => failure)
  assert.ok(isUnavailable(error), String(error))
  client.release(error as Error)
  await ledger.database.query('select 1')
})
