// However large the ledger: verified in bounded memory, at a good rate. STRATA_TEST_LONG=1 makes it ten times as large.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import pg from 'pg'
import { testDatabase } from '../test/database.ts'
import type { Checked } from './verify.ts'

const TIMES = process.env['STRATA_TEST_LONG'] === '1' ? 10 : 1
const MOST_BYTES = 300_000_000

// Tickets with a note per version, straight into the table: $1 owners, $2 versions of each, $3 the ticket's fields.
const NOTES = `
  insert into ledger.versions (position, recorded_at, effective_at, partition, version, command_seq, command_size, schema_version, latest, entity_id, kind, event, command_scope,
    command_id, command_hash, actor, correlation_id, data, state)
  select l.position + row_number() over (partition by e.partition order by n, e.number), l.now + (n * 100000::bigint + e.number) * interval '1 microsecond', l.now, e.partition, n, 0, 1, 1,
    n = $2, 'ticket:' || e.owner || ':1', 'ticket', case n when 1 then 'TicketOpened' else 'NoteAdded' end, e.owner, 'c' || n, '\\x00', 'tester', 'c' || n,
    case n when 1 then jsonb_build_object('owner', e.owner, 'subject', 'large', 'fields', $3::jsonb) else jsonb_build_object('text', 'what was said the ' || n || 'th time') end,
    jsonb_build_object('owner', e.owner, 'subject', 'large', 'status', 'open', 'fields', $3::jsonb, 'noteCount', n - 1)
  from (select o as number, $4 || o as owner, ledger.partition_of('ticket:' || $4 || o || ':1') as partition from generate_series(1, $1::integer) o) e
  join (select partition, position, greatest(last_at, clock_timestamp()) as now from ledger.last_times) l using (partition)
  cross join generate_series(1, $2::integer) n`

const CHILD = `
  import { verifyApart } from ${JSON.stringify(new URL('./verify-apart.ts', import.meta.url).href)}
  const differences = []
  const began = performance.now()
  const checked = await verifyApart({
    url: process.argv[1],
    partitions: 16,
    onDifference: (difference) => void (differences.length < 10 && differences.push(difference)),
  })
  const seconds = (performance.now() - began) / 1000
  console.log(JSON.stringify({ checked, differences, seconds, bytes: process.resourceUsage().maxRSS * 1024 }))`

interface Told {
  readonly checked: Checked
  readonly differences: readonly unknown[]
  readonly seconds: number
  readonly bytes: number
}

test('many entities, one of very many versions, one of very large states: under 300 MB', async (t) => {
  await using db = await testDatabase()
  const admin = new pg.Client(db.adminUrl)
  admin.on('error', () => {})
  await admin.connect()
  await admin.query('set session_replication_role = replica')
  const large = Object.fromEntries(
    Array.from({ length: 100 }, (_, n) => [
      `field ${n}`,
      n % 2 ? 'same '.repeat(200) : Array.from({ length: 1_000 }, (_, m) => ((n * 7 + m * m) % 36).toString(36)).join(''),
    ]),
  )
  await admin.query(NOTES, [1_000 * TIMES, 100, '{}', 'many'])
  await admin.query(NOTES, [1, 50_000 * TIMES, '{}', 'long'])
  await admin.query(NOTES, [2, 500 * TIMES, JSON.stringify(large), 'large'])
  await admin.query('analyze ledger.versions')
  await admin.end()
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', CHILD, db.url])
  const { checked, differences, seconds, bytes } = JSON.parse(stdout) as Told
  t.diagnostic(
    `${checked.versions} versions in ${seconds.toFixed(1)} s: ${Math.round(checked.versions / seconds)} versions/s, ${Math.round(bytes / 1e6)} MB`,
  )
  assert.deepEqual(differences, [])
  assert.equal(checked.versions, 151_000 * TIMES)
  assert.ok(bytes < MOST_BYTES, `${bytes} bytes`)
})
