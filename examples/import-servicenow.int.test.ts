// A desk's log of incidents into a ledger: each row one version with every column, the tickets by state as of three instants, an import that was run twice, and one that was killed. By default
// the first incidents and the one with most rows; STRATA_TEST_LONG=1: all of them.
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openLedger, type Ledger } from '../ledger/index.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { killExample, ledgerHash, runExample, type Example } from '../test/example.ts'
import {
  LONGEST_INCIDENT,
  servicenow as data,
  servicenowInstant as instantOf,
  servicenowPart,
  statesOf as statesAsOf,
  type Row,
  type ServicenowPart,
  type ServicenowReference,
} from '../test/real/servicenow.ts'

const options = { skip: data.missing }
const LONG = process.env['STRATA_TEST_LONG'] === '1'
const PART_ROWS = LONG ? Infinity : 6_000

let folder: string
let database: TestDatabase
let ledger: Ledger
let reference: ServicenowReference
let log: ServicenowPart
let rows: readonly Row[]

before(async () => {
  if (data.missing) return
  folder = await mkdtemp(join(tmpdir(), 'strata-servicenow-'))
  reference = data.json('reference.json')
  log = await servicenowPart(folder, PART_ROWS)
  rows = log.rows
  database = await testDatabase()
  ledger = await openLedger({ url: database.url })
})
after(async () => {
  await ledger?.close()
  await database?.drop()
  if (folder) await rm(folder, { recursive: true })
})

const example = (url: string): Example => log.example(url)

test('every row is applied', options, async (t) => {
  const started = performance.now()
  const result = await runExample(example(database.url))
  t.diagnostic(`${result.applied} rows in ${Math.round(performance.now() - started)} ms`)
  assert.deepEqual(result, { rows: rows.length, applied: rows.length, replayed: 0, rejected: 0, rejects: [] })
  if (LONG) assert.equal(rows.length, 119_998)
})

interface Version {
  readonly number: string
  readonly version: number
  readonly status: string
  readonly fields: Row
  readonly at: string
}

const VERSIONS = `
  select split_part(entity_id, ':', 3) as number, version, state ->> 'status' as status, state -> 'fields' as fields,
    to_char(effective_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
  from ledger.versions where kind = 'ticket' and entity_id > $1 order by entity_id, version limit 20000`

/** All of them, some at a time: whole tickets, but for the last of each time, which is read again. */
async function* versionsByTicket(): AsyncGenerator<readonly Version[]> {
  for (let after = ''; ;) {
    const { rows: some } = await ledger.database.query<Version>(VERSIONS, [after])
    const tickets = [...Map.groupBy(some, ({ number }) => number).values()]
    const isLast = some.length < 20_000
    for (const ticket of isLast ? tickets : tickets.slice(0, -1)) yield ticket
    if (isLast) return
    after = `ticket:servicenow:${tickets.at(-2)?.[0]?.number}`
  }
}

test('one row, one version, with every column, the word of the desk, and the time of the edit', options, async () => {
  const expected = Map.groupBy(rows, (row) => row['number'] ?? '')
  let tickets = 0
  const finals: string[] = []
  for await (const versions of versionsByTicket()) {
    const [first] = versions
    const ofTicket = expected.get(first?.number ?? '') ?? assert.fail(`there is no ${first?.number} in the file`)
    tickets++
    assert.equal(versions.length, ofTicket.length, first?.number)
    for (const [n, { version, status, fields, at }] of versions.entries()) {
      const row = ofTicket[n] ?? assert.fail()
      const id = `${first?.number}, version ${version}`
      assert.equal(version, n + 1, id)
      assert.equal(status, row['incident_state'], id)
      assert.equal(at, instantOf(row['sys_updated_at']), id)
      assert.deepEqual(fields, row, id)
    }
    const last = versions.at(-1)?.fields ?? {}
    const shown = ['sys_mod_count', 'reassignment_count', 'reopen_count', 'priority', 'assignment_group'].map((name) => last[name])
    finals.push([first?.number, versions.length, versions.at(-1)?.status, ...shown].join(','))
  }
  assert.equal(tickets, expected.size)
  assert.equal(Object.keys(rows[0] ?? {}).length, 36)
  assert.deepEqual(Object.keys(rows[0] ?? {}), reference.columns)
  const longest = await ledger.read.latest(`ticket:servicenow:${LONGEST_INCIDENT}`)
  assert.equal(longest?.version, 58)
  if (!LONG) return
  assert.equal(tickets, 20_769)
  const lines = finals.sort().map((line) => `${line}\n`)
  assert.ok(reference.final_rows_sha256.endsWith(` = ${hash('sha256', lines.join(''))}`))
})

async function listedAsOf(effectiveAsOf: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (let below: string | undefined; ;) {
    const page = await ledger.list.asOf({ kind: 'ticket', owner: 'servicenow', filters: {}, effectiveAsOf, limit: 1_000, below })
    for (const { state } of page.items) {
      const { status } = state as { readonly status: string }
      counts[status] = (counts[status] ?? 0) + 1
    }
    if (!page.hasMore) return counts
    below = page.last
  }
}

test('tickets by state as of three instants', options, async (t) => {
  for (const [instant, counts] of Object.entries(reference.as_of)) {
    const at = `${instant.replace(' ', 'T')}:00.000000Z`
    assert.deepEqual(statesAsOf(log.everything, at), counts, 'the rule is that of the reference')
    const listed = await listedAsOf(at)
    assert.deepEqual(listed, LONG ? counts : statesAsOf(rows, at), instant)
    t.diagnostic(`${instant}: ${JSON.stringify(listed)}`)
  }
})

test('run again, it changes nothing', options, async () => {
  const before = await ledgerHash(ledger)
  assert.deepEqual(await runExample(example(database.url)), {
    rows: rows.length,
    applied: 0,
    replayed: rows.length,
    rejected: 0,
    rejects: [],
  })
  assert.equal(await ledgerHash(ledger), before)
})

test('killed and run again, it ends with the same ledger', options, async () => {
  await using other = await testDatabase()
  await using observer = await openLedger({ url: other.url })
  await killExample(example(other.url), observer, rows.length * (0.1 + 0.7 * Math.random()))
  assert.equal((await runExample(example(other.url))).rejected, 0)
  assert.equal(await ledgerHash(observer, ['recorded_at']), await ledgerHash(ledger, ['recorded_at']))
})
