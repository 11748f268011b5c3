// The board and the alerts ask only for what a server really says: metrics, labels and values; every alert is explained; Prometheus takes the rules, and they fire when they should.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { parse } from 'yaml'
import { problemKinds } from '../commands/problem.ts'
import { testDatabase } from '../test/database.ts'
import { readExposition, type Series } from './exposition.testing.ts'
import { readExpression } from './expression.testing.ts'
import { promtool } from './promtool.testing.ts'
import { usedServer } from './used-server.testing.ts'

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[]
}

const file = (name: string): Promise<string> => readFile(join(import.meta.dirname, name), 'utf8')
const alerts = (parse(await file('alerts.yaml')) as { readonly groups: readonly { readonly rules: readonly Alert[] }[] }).groups.flatMap(
  ({ rules }) => rules,
)
const board = JSON.parse(await file('dashboard.json')) as {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly name: string }[] }
}

/** What Prometheus adds to every series. */
const ADDED = ['job', 'instance']
/** Values that a server says only once it has met them. */
const OUTCOMES = new Set<string>(['applied', 'replayed', 'unchanged', 'dry_run', ...Object.keys(problemKinds)])
let series: readonly Series[] = []

before(async () => {
  await using database = await testDatabase()
  const said = readExposition(await usedServer(database.url)).flatMap((family) => family.series)
  series = [...said, { name: 'up', labels: {}, value: 1 }]
})

/** What an expression asks for that is not there. */
function missing(expr: string): readonly string[] {
  const { selectors, grouping, valid } = readExpression(expr.replaceAll('$__rate_interval', '5m'))
  const known = new Set([
    ...ADDED,
    ...selectors.flatMap(({ metric }) => series.filter(({ name }) => name === metric).flatMap(({ labels }) => Object.keys(labels))),
  ])
  return [
    ...(valid && selectors.length > 0 ? [] : [`not understood: ${expr}`]),
    ...grouping.filter((label) => !known.has(label)).map((label) => `nothing has a label ${label}: ${expr}`),
    ...selectors.flatMap(({ metric, matchers }) => {
      const found = series.filter(({ name }) => name === metric)
      if (found.length === 0) return [`there is no ${metric}`]
      return matchers
        .filter(({ label }) => !ADDED.includes(label))
        .flatMap(({ label, op, value }) => {
          const values = new Set(found.map(({ labels }) => labels[label]))
          if (!found.some(({ labels }) => label in labels)) return [`${metric} has no label ${label}`]
          const asked = op === '=' ? [value] : value.split('|')
          return asked.filter((one) => !values.has(one) && !OUTCOMES.has(one)).map((one) => `${metric} has no ${label}="${one}"`)
        })
    }),
  ]
}

test('the check finds what is not there', () => {
  assert.deepEqual(missing('rate(strata_batch_rounds_count{job="strata"}[5m])'), [])
  assert.deepEqual(missing('sum by (nobody) (strata_commands_total{colour="red", outcome="applied"})'), [
    'nothing has a label nobody: sum by (nobody) (strata_commands_total{colour="red", outcome="applied"})',
    'strata_commands_total has no label colour',
  ])
  assert.deepEqual(missing('strata_nothing_total'), ['there is no strata_nothing_total'])
  assert.deepEqual(missing('strata_batches_failed_total{reason="whim"}'), ['strata_batches_failed_total has no reason="whim"'])
  assert.equal(missing('rate(strata_commands_total[5m]').length, 1)
})

test('every alert asks for what there is, has a severity and a summary, and is explained', async () => {
  const guide = await file('../docs/guides/monitor.md')
  assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length)
  for (const { alert, expr, labels, annotations } of alerts) {
    assert.deepEqual(missing(expr), [], alert)
    assert.ok(['page', 'ticket'].includes(labels['severity'] ?? ''), alert)
    assert.ok(annotations['summary'], alert)
    assert.match(
      guide,
      new RegExp(`^\\| \`${alert}\` \\| \\S[^|]+ \\| \\S[^|]+ \\|$`, 'm'),
      `${alert} has no row in docs/guides/monitor.md`,
    )
  }
  const explained = [...guide.matchAll(/^\| `(Strata\w+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual(new Set(explained), new Set(alerts.map(({ alert }) => alert)))
})

test('the board asks for what there is, and its panels stand beside each other', () => {
  const graphs = board.panels.filter(({ type }) => type !== 'row')
  assert.ok(graphs.length > 20)
  assert.deepEqual(new Set(board.panels.map(({ id }) => id)).size, board.panels.length)
  for (const { title, targets = [] } of graphs) {
    assert.ok(targets.length > 0, title)
    for (const { expr } of targets) assert.deepEqual(missing(expr), [], title)
  }
  const taken = new Map<string, string>()
  for (const {
    title,
    gridPos: { x, y, w, h },
  } of board.panels) {
    assert.ok(x + w <= 24, title)
    for (let column = x; column < x + w; column++)
      for (let line = y; line < y + h; line++) {
        assert.equal(taken.get(`${column},${line}`), undefined, `${title} covers ${taken.get(`${column},${line}`)}`)
        taken.set(`${column},${line}`, title)
      }
  }
  const variables = new Set(board.templating.list.map(({ name }) => `$${name}`))
  for (const [used] of JSON.stringify(board).matchAll(/\$(?!__)\w+/g)) assert.ok(variables.has(used), used)
})

test('Prometheus takes the rules, and they fire when they should', (t) => {
  const tool = promtool(t)
  if (tool === undefined) return
  for (const args of [
    ['check', 'rules', '--lint-fatal', 'alerts.yaml'],
    ['test', 'rules', 'alerts.test.yaml'],
  ]) {
    const { code, said } = tool(args.map((arg) => (arg.endsWith('.yaml') ? join(import.meta.dirname, arg) : arg)))
    assert.equal(code, 0, said)
  }
})
