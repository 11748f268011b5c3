// The commands and the program in the guide, run as they stand: on a file that was replayed from a ledger, they print what the guide shows.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { openLedger } from '../../ledger/index.ts'
import { duckdbSink } from '../../projections/sinks/duckdb.ts'
import { amended, appendUnit, submitted } from '../../test/append-unit.ts'
import { testDatabase } from '../../test/database.ts'
import { dataFolder, strata } from '../../test/strata.ts'
import { fences, isAsShown } from '../markdown.ts'

const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

test('sink-duckdb.md: as of any instant, in SQL; no gap', async () => {
  await using db = await testDatabase()
  await using folder = await dataFolder()
  await using ledger = await openLedger({ url: db.url })
  await appendUnit(ledger, [submitted('trade:alice:T-1')])
  await appendUnit(ledger, [amended('trade:alice:T-1', { quantity: '120' })])
  await appendUnit(ledger, [submitted('trade:alice:T-2')])
  const page = await readFile(join(import.meta.dirname, 'sink-duckdb.md'), 'utf8')
  const blocks = fences(page)
  const path = join(folder.dataDir, 'asof.duckdb')

  const [command = ''] = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
  const [, args = ''] = /^npm run -s strata -- (.+)$/m.exec(command) ?? []
  const words = args.replace(/"\$\(date[^"]+"/, new Date().toISOString()).replace('asof.duckdb', path)
  const replayed = await strata(words.trim().split(' '), { STRATA_DATABASE_URL: db.url })
  assert.equal(replayed.code, 0, replayed.stderr)

  const at = blocks.findIndex(({ language }) => language === 'js')
  const program = blocks[at]?.text.replace("'asof.duckdb'", JSON.stringify(path)) ?? ''
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: root })
  assert.ok(isAsShown(stdout, blocks[at + 1]?.text ?? ''), stdout)

  const [, counted = ''] = /^ {4}(select "partition".+);$/m.exec(page) ?? []
  const [, heads = ''] = /^ {4}(select partition.+);$/m.exec(page) ?? []
  await using sink = duckdbSink({ path })
  const columns = { partition: 'integer', n: 'integer', last: 'integer' } as const
  const text = counted
    .replace('count(*), max("position"), max(recorded_at)', 'count(*) as n, max("position") as last')
    .replace(' order by all', '')
  const rows = await sink.select({ text, values: [], columns, orderBy: '"partition"', limit: 100 }, { timeoutMs: 5_000 })
  const { rows: ofLedger } = await ledger.database.query<{ partition: number; max: number }>(heads)
  assert.deepEqual(
    rows.map(({ partition, n, last }) => [partition, n, last]),
    ofLedger.map(({ partition, max }) => [partition, max, max]),
  )
})
