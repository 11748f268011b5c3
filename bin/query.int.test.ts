// Promises: strata query prints what was asked: a table for people, rows for programs; what is beside the rows goes to stderr.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('query.testing.ts', import.meta.url))

function query(...words: readonly string[]) {
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' })
  return { lines: stdout.split('\n').slice(0, -1), stderr }
}

test('a table: names above, numbers to the right, the total below', () => {
  const { lines, stderr } = query('portfolio_risk', '--owner', 'alice')
  assert.equal(stderr, '')
  assert.match(lines[0] ?? '', /^OWNER +INSTRUMENT +NET POSITION +TRADES/)
  assert.match(lines[1] ?? '', /^alice +[A-Z]+ +-?\d+ +\d/)
  assert.match(lines.at(-1) ?? '', /^TOTAL +INSTRUMENTS \d+ +TRADES \d+ +EXPOSURE -?[\d.]+$/)
})

test('--json: a row a line, wherever it stands; that there is more goes to stderr', () => {
  for (const words of [
    ['--limit', '3', '--json'],
    ['--json', '--limit', '3'],
  ]) {
    const { lines, stderr } = query('trade_history', ...words)
    assert.deepEqual([lines.length, stderr], [3, 'there is more: narrow it down, or ask for more with --limit\n'])
    for (const line of lines) assert.match((JSON.parse(line) as { readonly tradeId: string }).tradeId, /^trade:/)
  }
})

test('a flag per parameter, in the words of a command line', () => {
  const { lines } = query('trade_history', '--trade-id', 'trade:alice:T-1', '--json', '--sink', 'tables')
  assert.ok(lines.length > 0 && lines.every((line) => line.includes('"tradeId":"trade:alice:T-1"')))
  assert.match(
    query('trade_history', '--sink', 'elsewhere').stderr,
    /there is no sink elsewhere here that answers queries: there is tables/,
  )
})
