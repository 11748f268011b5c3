// What a server says on /metrics: names as Prometheus' conventions have them, few series, nobody's data in a label, and figures that are right.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { problemKinds } from '../commands/problem.ts'
import { rejections } from '../commands/rejection.ts'
import { testDatabase } from '../test/database.ts'
import { readExposition, type Family } from './exposition.testing.ts'
import { promtool } from './promtool.testing.ts'
import { PRIVATE, usedServer } from './used-server.testing.ts'

let text = ''
let families: readonly Family[] = []

before(async () => {
  await using database = await testDatabase()
  text = await usedServer(database.url)
  families = readExposition(text)
})

const value = (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
  families
    .flatMap(({ series }) => series)
    .find((one) => one.name === name && Object.entries(labels).every(([label, wanted]) => one.labels[label] === wanted))?.value

/** https://prometheus.io/docs/practices/naming/: a prefix, base units in the plural at the end, `_total` on what only rises and on nothing else. */
test('names, types and units are as the conventions have them', () => {
  const wrong = families.flatMap(({ name, help, type }) => [
    ...(/^(strata|process|nodejs)_[a-z0-9_]+[a-z0-9]$/.test(name) ? [] : [`${name}: its form`]),
    ...(help.trim() === '' ? [`${name} says nothing`] : []),
    ...((type === 'counter') === name.endsWith('_total') ? [] : [`${name} is a ${type}`]),
    ...(/_(ms|milliseconds|millis|minutes|hours|kb|mb|kilobytes|megabytes|percent|count|sum|bucket|gauge|counter|histogram)(_|$)/.test(name)
      ? [`${name}: its unit`]
      : []),
    ...(/(duration|lag|wait|latency|age)$/.test(name.replace(/_total$/, '')) ? [`${name} has no unit`] : []),
  ])
  assert.deepEqual(wrong, [])
})

test('labels have few values, and none that a caller chose', () => {
  for (const secret of PRIVATE) assert.ok(!text.includes(secret), secret)
  const outcomes = new Set(['applied', 'replayed', 'unchanged', 'dry_run', ...Object.keys(problemKinds), ...Object.keys(rejections)])
  for (const { name, series } of families) {
    if (name.startsWith('strata_')) assert.ok(series.length < 1_000, `${name} has ${series.length} series`)
    for (const { labels } of series) {
      if (labels['route'] !== undefined) assert.match(labels['route'], /^(none|\/[a-z0-9./-]*(\{\w+\}[a-z/-]*)*)$/)
      for (const outcome of [labels['outcome'], labels['code']]) if (outcome !== undefined) assert.ok(outcomes.has(outcome), outcome)
    }
  }
})

test('the figures', () => {
  const count = (outcome: string, command = 'Deposit') => value('strata_commands_total', { command, outcome }) ?? 0
  assert.equal(count('applied', 'OpenAccount'), 1)
  assert.equal(count('replayed', 'OpenAccount'), 1)
  assert.equal(count('insufficient_funds', 'Withdraw'), 1)
  assert.equal(count('dry_run'), 1)
  assert.equal(count('invalid_request', 'unknown'), 1)
  const versions = 1 + 2 * count('applied') + 1 // the first deposit opens the boundary account
  assert.equal(value('strata_batch_versions_sum'), versions)
  assert.equal(value('strata_feed_versions_total', { form: 'lines' }), 1 + 2 * 2 + 1)
  assert.equal(value('strata_feed_versions_total', { form: 'page' }), 2)
  assert.equal(value('strata_feed_readers', { form: 'events' }), 1)
  assert.equal(value('strata_feed_versions_total', { form: 'events' }), versions)
  assert.equal(value('strata_feed_lag_versions'), 0)
  assert.ok((value('strata_feed_stalled_seconds') ?? Infinity) < 2)
  const post = { method: 'POST', route: '/v1/accounts/{id}/deposit' }
  assert.equal(value('strata_http_request_duration_seconds_count', { ...post, status: '200' }), count('applied') + count('dry_run') - 1)
  const limited = value('strata_http_request_duration_seconds_count', { ...post, status: '429' })
  assert.ok(limited)
  assert.equal(value('strata_http_requests_refused_total', { code: 'rate_limited' }), limited)
  assert.equal(value('strata_http_requests_refused_total', { code: 'not_found' }), 2)
  assert.equal(value('strata_http_request_duration_seconds_count', { method: 'none', route: 'none', status: '404' }), 1)
  assert.equal(value('strata_http_requests_in_flight', { route: '/v1/feed' }), 1)
  assert.equal(value('strata_http_requests_in_flight', { route: '/v1/commands' }), 0)
  assert.ok((value('strata_cache_hits_total') ?? 0) > 0)
  assert.deepEqual([value('strata_lanes'), value('strata_lanes_busy'), value('strata_queue_oldest_seconds')], [3, 0, 0])
  assert.ok((value('strata_database_connections', { pool: 'append', state: 'idle' }) ?? 0) >= 1)
  assert.ok(Math.abs(Date.now() / 1_000 - (value('strata_last_commit_timestamp_seconds') ?? 0)) < 60)
  const trades = { sink: 'postgres', view: 'trades' }
  assert.equal(value('strata_projection_versions_total', trades), versions)
  assert.ok(value('strata_projection_batch_duration_seconds_count', trades))
  for (const name of ['lag_versions', 'lag_seconds', 'dead_letters']) assert.equal(value(`strata_projection_${name}`, trades), 0, name)
  for (const state of ['running', 'stopped', 'idle'])
    assert.equal(value('strata_projection_partitions', { ...trades, state }), state === 'running' ? 16 : 0, state)
  assert.equal(value('strata_projection_state', { ...trades, state: 'running' }), 1)
  assert.equal(value('strata_build_info', { schema_version: '1' }), 1)
})

test("Prometheus' own linter finds nothing", (t) => {
  const tool = promtool(t)
  if (tool === undefined) return
  // Words of its own that are ours to use: process_open_fds, nodejs_… are as their libraries name them.
  assert.deepEqual(tool(['check', 'metrics'], text), { code: 0, said: '' })
})
