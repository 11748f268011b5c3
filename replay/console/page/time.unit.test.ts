import assert from 'node:assert/strict'
import { test } from 'node:test'
import { microsOf, textOf, toInstant } from './time.js'

test('what people type is UTC, unless they say otherwise', () => {
  const cases: Readonly<Record<string, string>> = {
    '2026-01-05': '2026-01-05T00:00:00Z',
    ' 2026-01-05 14:30 ': '2026-01-05T14:30:00Z',
    '2026-01-05 14:30:01.000002': '2026-01-05T14:30:01.000002Z',
    '2026-01-05T14:30:01.5Z': '2026-01-05T14:30:01.5Z',
    '2026-01-05 14:30:01 utc': '2026-01-05T14:30:01Z',
    '2026-01-05 14:30 +09:00': '2026-01-05T14:30:00+09:00',
    '2026-01-05T14:30:00-05:00': '2026-01-05T14:30:00-05:00',
    yesterday: 'yesterday',
    '2026-1-5': '2026-1-5',
    '': '',
  }
  for (const [typed, instant] of Object.entries(cases)) assert.equal(toInstant(typed), instant)
})

test('an instant is shown with all its microseconds, and read back as itself', () => {
  const instant = '2026-01-05T14:30:01.123456Z'
  assert.equal(textOf(instant), '2026-01-05 14:30:01.123456')
  assert.equal(toInstant(textOf(instant)), instant)
  assert.equal(textOf('now'), 'now')
})

test('instants are compared to the microsecond, however they are written', () => {
  const inOrder = ['2026-01-05T14:30:01Z', '2026-01-05T14:30:01.000001Z', '2026-01-05T14:30:01.1Z', '2026-01-05T23:30:02+09:00']
  assert.deepEqual(
    inOrder.toSorted((a, b) => (microsOf(a) < microsOf(b) ? -1 : 1)),
    inOrder,
  )
  assert.equal(microsOf('2026-01-05T14:30:01.100000Z'), microsOf('2026-01-05T16:30:01.1+02:00'))
  assert.equal(microsOf('yesterday'), 0n)
})
