// Promises: a view is written without waiting for the disk, so a crash of the database takes it back; nothing is missing from it for long, whether or not anybody notices the crash.
import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Unavailable } from '../../ledger/failure.ts'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { migrate } from '../../ledger/migrate.ts'
import { appendUnit, submitted } from '../../test/append-unit.ts'
import { startTestPostgres, testedMajor } from '../../test/postgres.ts'
import type { Projection } from '../projection.ts'
import { assertWhole } from '../runner/projected.testing.ts'
import { projector } from '../runner/projector.ts'
import { views } from '../views/index.ts'
import { postgresSink } from './postgres.ts'

const CRASHES = 12
const PROJECTIONS = ['audit_trail', 'portfolio_risk', 'trades'].map((name) => views[name] as Projection)

/** How far each view is in each partition; again where the database is away. */
async function placesIn(url: string): Promise<ReadonlyMap<string, number>> {
  for (;;) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    try {
      await client.connect()
      const { rows } = await client.query<{ name: string; position: string }>(
        "select view || ' ' || partition as name, position from views.places where slot = 'live'",
      )
      return new Map(rows.map(({ name, position }) => [name, Number(position)]))
    } catch {
      await sleep(50)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

/** Kills one process of the database, which then throws away what all have in memory, and recovers. */
async function crash(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const ended = new Promise((done) => client.once('end', done))
  process.kill(rows[0]?.pid ?? NaN, 'SIGKILL')
  await ended
}

async function write(ledger: Ledger, from: number): Promise<void> {
  for (let n = from; n < from + 3; n++)
    for (let written = false; !written;)
      try {
        await appendUnit(ledger, [submitted(`trade:o${(7 * n) % 40}:T-${n}`)], { commandId: String(n) })
        written = true
      } catch (error) {
        assert.ok(error instanceof Unavailable, String(error))
        await sleep(20)
      }
}

test(
  'the database crashes again and again while views have nothing to do: nothing is missing from them',
  { timeout: 120_000 },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'strata-crash-'))
    await chmod(folder, 0o755)
    // Else what is written is on the disk a moment later.
    const server = await startTestPostgres(join(folder, 'data'), { wal_writer_delay: '10s' })
    try {
      await migrate(server.url)
      const ledger = await openLedger({ url: server.url })
      let takenBack = 0
      {
        await using sink = postgresSink({ url: server.url })
        await using _ = projector({ ledger, sinks: [sink], projections: PROJECTIONS })
        for (let round = 0; round < CRASHES; round++) {
          await write(ledger, 3 * round)
          await sleep(40 + Math.random() * 120)
          const before = await placesIn(server.url)
          await crash(server.url)
          const after = await placesIn(server.url)
          if ([...before].some(([name, position]) => (after.get(name) ?? 0) < position)) takenBack++
        }
        for (const projection of PROJECTIONS) await assertWhole(ledger, sink, projection)
      }
      await ledger.close()
      t.diagnostic(`${takenBack} of ${CRASHES} crashes have taken views back`)
      // Older ones write a page to the disk as soon as it is full.
      if (testedMajor === undefined) assert.ok(takenBack > 0)
    } finally {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
)
