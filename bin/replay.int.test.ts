// Promises: `strata replay` prints a view as it was, or keeps it in a place of its own, whole or not at all.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { openLedger } from '../ledger/index.ts'
import { amended, appendUnit, submitted } from '../test/append-unit.ts'
import { testDatabase } from '../test/database.ts'
import { snowflakeSink } from '../projections/sinks/snowflake.ts'
import { sharedSnowflake } from '../test/services/shared.ts'
import { testSnowflake } from '../test/snowflake.ts'
import { strata } from '../test/strata.ts'

test('printed, kept, refused', async () => {
  await using db = await testDatabase()
  const env = { STRATA_DATABASE_URL: db.url }
  let asOf = ''
  {
    await using ledger = await openLedger({ url: db.url })
    const [first] = await appendUnit(ledger, [submitted('trade:alice:T-1')], { effectiveAt: '2026-01-02T00:00:00.000000Z' })
    asOf = first?.recordedAt ?? ''
    await appendUnit(ledger, [amended('trade:alice:T-1', { price: '7' })], { effectiveAt: '2026-01-05T00:00:00.000000Z' })
    await appendUnit(ledger, [submitted('trade:bob:T-1')])
  }
  const replay = (...args: readonly string[]) => strata(['replay', '--view', 'trades', ...args], env)
  const lines = (text: string) =>
    text
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { key: string; document: { price: string }; seen: { position: number } })

  const printed = await replay('--as-of', asOf, '--into', 'memory:')
  assert.equal(printed.code, 0, printed.stderr)
  assert.deepEqual(
    lines(printed.stdout).map(({ key, document }) => [key, document.price]),
    [['trade:alice:T-1', '1']],
  )
  const later = new Date().toISOString()
  assert.deepEqual(
    lines((await replay('--as-of', later, '--into', 'memory:')).stdout).map(({ document, seen }) => [document.price, seen.position]),
    [
      ['7', 2],
      ['1', 1],
    ],
  )
  const held = await replay('--as-of', later, '--effective-as-of', '2026-01-03T00:00:00Z', '--into', 'memory:')
  assert.deepEqual(
    lines(held.stdout).map(({ key, document, seen }) => [key, document.price, seen.position]),
    [['trade:alice:T-1', '1', 1]],
  )

  const into = `${db.url}?schema=asof_one`
  const kept = await replay('--as-of', asOf, '--into', into, '--json')
  assert.equal(kept.code, 0, kept.stderr)
  const { view, versions } = JSON.parse(kept.stdout) as { view: string; versions: number }
  assert.deepEqual([view, versions], ['trades', 1])
  const client = new pg.Client({ connectionString: db.url })
  await client.connect()
  const { rows } = await client.query("select key, document->>'price' as price, position from asof_one.trades")
  await client.end()
  assert.deepEqual(rows, [{ key: 'trade:alice:T-1', price: '1', position: '1' }])

  for (const [args, code, says] of [
    [['--as-of', asOf, '--into', into], 1, /there is a view trades in the schema asof_one already/],
    [['--as-of', asOf, '--into', `${db.url}?schema=views`], 2, /schema of its own/],
    [['--as-of', asOf, '--into', 'file:x'], 2, /--into must be/],
    [['--as-of', '2199-01-01T00:00:00Z', '--into', 'memory:'], 2, /in the future/],
    [['--as-of', asOf], 2, /required option/],
  ] as const) {
    const ended = await replay(...args)
    assert.deepEqual([ended.code, says.test(ended.stderr)], [code, true], ended.stderr)
  }
  assert.equal((await strata(['replay', '--view', 'nothing', '--as-of', asOf, '--into', 'memory:'], env)).code, 2)
})

const { address, skip } = await sharedSnowflake()

test('kept in Snowflake, in a schema of its own', { skip }, async () => {
  await using db = await testDatabase()
  const [into, live] = [testSnowflake(address), testSnowflake(address)]
  const env = { STRATA_DATABASE_URL: db.url, STRATA_SNOWFLAKE_URL: live }
  let asOf = ''
  {
    await using ledger = await openLedger({ url: db.url })
    const [first] = await appendUnit(ledger, [submitted('trade:alice:T-1')])
    asOf = first?.recordedAt ?? ''
    await appendUnit(ledger, [amended('trade:alice:T-1', { price: '7' })])
  }
  const replay = (where: string) => strata(['replay', '--view', 'trades', '--as-of', asOf, '--into', where], env)
  const kept = await replay(into)
  assert.equal(kept.code, 0, kept.stderr)
  await using sink = snowflakeSink({ url: into })
  const select = {
    text: 'select entity_id, price, version from trades',
    values: [],
    columns: { entityId: 'text', price: 'decimal', version: 'integer' },
    orderBy: 'entity_id',
    limit: 10,
  } as const
  assert.deepEqual(await sink.select(select, { timeoutMs: 20_000 }), [{ entityId: 'trade:alice:T-1', price: '1', version: 1 }])
  for (const [where, code, says] of [
    [into, 1, /there is a view trades in the schema STRATA\.TEST_\w+ of Snowflake already/],
    [live, 2, /a schema of its own, not the one of STRATA_SNOWFLAKE_URL/],
    ['snowflake://u:p@account/D', 2, /must name a database/],
  ] as const) {
    const ended = await replay(where)
    assert.deepEqual([ended.code, says.test(ended.stderr)], [code, true], ended.stderr)
  }
})
