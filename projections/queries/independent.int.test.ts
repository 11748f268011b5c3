// Performance, against a library that is not ours: QuantStats (scripts/performance), on the same closed trades.
//   STRATA_TEST_QUANTSTATS: a python that has it. Without it nothing is compared, which is said aloud; in CI that fails.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { compare, isZero } from '../../ledger/decimal.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { tradeResults } from '../analytics/trade-results.ts'
import { fillViews } from './contract.testing.ts'
import { deskTrades, recorded } from './desk.testing.ts'
import { descending, desk, grouped, sum, text } from './slow.testing.ts'
import { temporaryTables } from './tables.testing.ts'

const python = process.env['STRATA_TEST_QUANTSTATS'] ?? 'python3'
const script = join(import.meta.dirname, '..', '..', 'scripts', 'performance', 'quantstats_figures.py')
const isThere = spawnSync(python, ['-c', 'import quantstats']).status === 0
const skip =
  isThere || process.env['CI']
    ? false
    : `there is no QuantStats: pip install -r scripts/performance/requirements.txt, in a venv; name its python in STRATA_TEST_QUANTSTATS`
const CLOSE = 1e-9

const day = (row: JsonObject): string => text(row, 'closedAt').slice(0, 10)

test('performance is what QuantStats says', { skip }, async () => {
  const versions = recorded(deskTrades(1_500, 11))
  await using sink = await temporaryTables()
  await fillViews(sink, versions)
  const { answer, kept } = desk(versions, () => sink)
  const { data } = await answer('performance')
  const groups = grouped(
    kept(tradeResults).filter((row) => row['closedAt'] !== undefined),
    'owner',
    'strategy',
    'currency',
  ).map((rows) => rows.toSorted(descending('closedAt', 'tradeId')).toReversed())
  // It leaves out trades that earned nothing, and takes a series without losses for prices.
  const compared = groups.filter(
    (rows) => rows.every((row) => !isZero(text(row, 'realisedPnl'))) && rows.some((row) => compare(text(row, 'realisedPnl'), '0') < 0),
  )
  assert.ok(compared.length > 10, `${compared.length} of ${groups.length} groups`)
  const asked = compared.map((rows) =>
    JSON.stringify({
      trades: rows.map((row) => Number(text(row, 'realisedPnl'))),
      days: [...Map.groupBy(rows, day).values()].map((own) => Number(sum(own, 'realisedPnl'))),
    }),
  )
  const { status, stdout, stderr } = spawnSync(python, [script], { input: asked.join('\n'), encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, number>>)
  assert.equal(answers.length, compared.length)
  for (const [n, [row = {}]] of compared.entries()) {
    const ours = data.find((one) => ['owner', 'strategy', 'currency'].every((name) => one[name] === row[name]))
    for (const [name, theirs] of Object.entries(answers[n] ?? {}))
      assert.ok(
        Math.abs(Number(ours?.[name]) - theirs) <= CLOSE * Math.max(1, Math.abs(theirs)),
        `${name}: ${String(ours?.[name] as string)} and ${theirs}`,
      )
  }
})
