// The program of the guide that writes bars as Parquet, run as it stands on a file that was replayed from a ledger.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { openLedger } from '../../ledger/index.ts'
import type { NewVersion } from '../../ledger/known.ts'
import { appendUnit } from '../../test/append-unit.ts'
import { testDatabase } from '../../test/database.ts'
import { dataFolder, strata } from '../../test/strata.ts'
import { fences, isAsShown } from '../markdown.ts'

const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

const bar = (symbol: string, day: string, low: string, high: string): NewVersion => ({
  entityId: `bar:${symbol}:${day}`,
  event: 'BarRecorded',
  data: { owner: symbol, interval: 'day', start: `${day}T00:00:00.000000Z`, open: low, high, low, close: high, volume: '10', flags: [] },
})

test('market-data.md: bars as Parquet, by instrument and month', async () => {
  await using db = await testDatabase()
  await using folder = await dataFolder()
  await using ledger = await openLedger({ url: db.url })
  for (const one of [
    bar('ACME', '2016-01-12', '9', '13'),
    bar('ACME', '2016-01-13', '10', '15'),
    bar('ACME', '2016-02-01', '11', '12'),
    bar('OTHER', '2016-01-12', '1', '2'),
  ])
    await appendUnit(ledger, [one])
  const path = join(folder.dataDir, 'bars.duckdb')
  const replayed = await strata(['replay', '--view', 'bars', '--as-of', new Date().toISOString(), '--into', `duckdb:${path}`], {
    STRATA_DATABASE_URL: db.url,
  })
  assert.equal(replayed.code, 0, replayed.stderr)
  const blocks = fences(await readFile(join(import.meta.dirname, 'market-data.md'), 'utf8'))
  const at = blocks.findIndex(({ language }) => language === 'js')
  const program = (blocks[at]?.text ?? '')
    .replace("'bars.duckdb'", JSON.stringify(path))
    .replaceAll(/'bars(\/[^']*)?'/g, (_, rest: string | undefined) => `'${join(folder.dataDir, 'bars')}${rest ?? ''}'`)
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: root })
  assert.ok(isAsShown(stdout, blocks[at + 1]?.text ?? ''), stdout)
})
