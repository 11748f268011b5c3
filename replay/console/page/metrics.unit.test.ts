import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duration } from './figures.js'
import { mean, metricsOf, only, refused, total } from './metrics.js'

const metrics = metricsOf(`# HELP strata_commands_total Commands answered, by command and outcome
# TYPE strata_commands_total counter
strata_commands_total{command="Deposit",outcome="applied"} 3
strata_commands_total{command="Deposit",outcome="insufficient_funds"} 1
strata_commands_total{command="Odd \\"}\\" name",outcome="unavailable"} 2
# TYPE strata_locked counter
strata_d_bucket{le="+Inf"} 4
strata_d_sum 0.5
strata_d_count 4
strata_e_sum 0
strata_e_count 0
strata_memory 1.5e+9
`)

test('samples, with their labels', () => {
  assert.deepEqual(
    metrics.get('strata_commands_total')?.map(({ labels }) => labels['command']),
    ['Deposit', 'Deposit', 'Odd \\"}\\" name'],
  )
  assert.deepEqual([total(metrics, 'strata_commands_total'), total(metrics, 'strata_memory')], [6, 1.5e9])
  assert.deepEqual([refused(metrics), refused(only(metrics, 'command', 'Deposit'))], [3, 1])
})

test('what changed nothing is no refusal', () => {
  const outcomes = metricsOf('strata_commands_total{outcome="unchanged"} 5\nstrata_commands_total{outcome="dry_run"} 1')
  assert.equal(refused(outcomes), 0)
})

test('what has not happened is zero, what is not counted is nothing', () => {
  assert.deepEqual([total(metrics, 'strata_locked'), total(metrics, 'none')], [0, undefined])
  assert.deepEqual([mean(metrics, 'strata_d'), mean(metrics, 'strata_e'), mean(metrics, 'none')], [0.125, undefined, undefined])
})

test('a duration in its two largest units', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0.4, '0 s'],
    [59, '59 s'],
    [61, '1 min 1 s'],
    [7_260, '2 h 1 min'],
    [86_400, '1 d 0 h'],
    [700_000, '8 d 2 h'],
  ]
  for (const [seconds, text] of cases) assert.equal(duration(seconds), text)
})
