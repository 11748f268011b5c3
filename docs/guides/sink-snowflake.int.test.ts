// Promises: snowflake-setup.sql runs, statement for statement, and the sink after it; the queries of the guide answer what it says.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openLedger } from '../../ledger/index.ts'
import { versions } from '../../projections/analytics/versions.ts'
import { feedOf } from '../../projections/runner/projected.testing.ts'
import { advance } from '../../projections/runner/advance.ts'
import { snowflakeSink } from '../../projections/sinks/snowflake.ts'
import { snowflakeAddress } from '../../projections/sinks/snowflake/address.ts'
import { openSession } from '../../projections/sinks/snowflake/session.ts'
import { amended, appendUnit, submitted } from '../../test/append-unit.ts'
import { testDatabase } from '../../test/database.ts'
import { sharedSnowflake } from '../../test/services/shared.ts'
import { fences } from '../markdown.ts'

const { address: url, skip } = await sharedSnowflake()
const here = (name: string): Promise<string> => readFile(join(import.meta.dirname, name), 'utf8')

test('the account is set up by the script, and then used', { skip }, async (t) => {
  const session = await openSession({ address: snowflakeAddress(url), statementTimeoutMs: 20_000, onStatement: () => undefined })
  t.after(() => session.end())
  const script = (await here('snowflake-setup.sql')).replaceAll(/^--.*$/gm, '')
  const statements = script.split(/;\s*$/m).map((statement) => statement.trim())
  assert.ok(statements.filter(Boolean).length > 15)
  for (const statement of statements.filter(Boolean)) await session.run(statement)
  for (const word of ['AUTO_SUSPEND = 60', 'AUTO_RESUME = TRUE', 'INITIALLY_SUSPENDED = TRUE', 'WAREHOUSE_SIZE = XSMALL'])
    assert.ok(script.includes(word))

  await using db = await testDatabase({ partitions: 1 })
  await using ledger = await openLedger({ url: db.url })
  await appendUnit(ledger, [submitted('trade:alice:T-1')])
  await appendUnit(ledger, [amended('trade:alice:T-1', { quantity: '120' })])
  await using sink = snowflakeSink({ url })
  const view = await sink.open(versions, 'live')
  const records = await feedOf(ledger)
  await advance(view, versions, records, () => Promise.resolve(false))

  const [asOf, completeUntil, gaps] = fences(await here('sink-snowflake.md')).filter(({ language }) => language === 'sql')
  const run = (text = '') => session.run(text.trim().replace(/;$/, ''))
  const later = asOf?.text.replace('2026-01-01', '2199-01-01')
  assert.deepEqual(await run(asOf?.text), [])
  const [row] = await run(later)
  assert.deepEqual(row?.slice(0, 3), ['trade:alice:T-1', '2', 'TradeAmended'])
  assert.ok((await run(completeUntil?.text))[0]?.[0])
  assert.deepEqual(await run(gaps?.text), [])
  await sink.drop(versions, 'live')
})
