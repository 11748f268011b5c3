import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withChanges, type BarState } from '../ledger/entities/bar.ts'
import { DEFAULT_SPIKE_THRESHOLD } from './bar.ts'
import { also, appends, decide, given, missing, refusal, stateOf, type Book, type Command } from './given.ts'
import { commandNamed } from './registry.ts'

const FRIDAY = 'bar:AAPL:2016-01-08'
const MONDAY = 'bar:AAPL:2016-01-11'
const TUESDAY = 'bar:AAPL:2016-01-12'
const SOUND = { open: '10', high: '12', low: '9', close: '11', volume: '100', previousBarId: null }
const record = (id: string, data: object = {}): Command => ['RecordBar', id, { ...SOUND, ...data }]
const correct = (id: string, data: object): Command => ['CorrectBar', id, data]
const monday = given(record(MONDAY))
const flags = (book: Book, id: string) => stateOf<BarState>(book, id).flags

test('a bar is what was said, of its instrument, its interval and its time', () => {
  assert.deepEqual(stateOf(given(record(MONDAY, { bid: '10.90', ask: '11.1', currency: 'USD', source: 'XNAS', revision: 3 })), MONDAY), {
    owner: 'AAPL',
    interval: 'day',
    start: '2016-01-11T00:00:00.000000Z',
    open: '10',
    high: '12',
    low: '9',
    close: '11',
    volume: '100',
    bid: '10.9',
    ask: '11.1',
    currency: 'USD',
    source: 'XNAS',
    revision: 3,
    flags: [],
  })
  const minute = 'bar:AAPL:2016-01-12T14.30'
  const { interval, start } = stateOf<BarState>(given(record(minute)), minute)
  assert.deepEqual([interval, start], ['minute', '2016-01-12T14:30:00.000000Z'])
})

test('it holds from when it is whole, unless another time is said', () => {
  const effectiveAt = (entityId: string, said?: string) => {
    const command = commandNamed('RecordBar')
    const decision = command?.decide(undefined, { entityId, data: command.data.parse(SOUND), effectiveAt: said }, assert.fail)
    assert.ok(decision && 'append' in decision)
    return decision.append[0]?.effectiveAt
  }
  assert.equal(effectiveAt(MONDAY), '2016-01-12T00:00:00.000000Z')
  assert.equal(effectiveAt('bar:AAPL:2016-12-31T23.59'), '2017-01-01T00:00:00.000000Z')
  assert.equal(effectiveAt(MONDAY, '2016-01-11T21:00:00.000000Z'), '2016-01-11T21:00:00.000000Z')
})

test('its id is a day or a minute', () => {
  for (const local of ['2016-02-30', '2016-1-12', '2016-01-12T14.60', '2016-01-12T14.30.00', 'T-1', '2199-12-31', '1899-12-31'])
    assert.equal(refusal(new Map(), record(`bar:AAPL:${local}`)), 'not_a_bar_time', local)
})

const ODD: readonly (readonly [string, object])[] = [
  ['blank_open', { open: undefined }],
  ['blank_high', { high: undefined }],
  ['blank_low', { low: undefined }],
  ['high_below_low', { high: '8' }],
  ['open_outside', { open: '12.01' }],
  ['open_outside', { open: '8.99' }],
  ['open_outside', { open: '8.99', high: undefined }],
  ['close_outside', { close: '13' }],
  ['ask_below_bid', { bid: '11.1', ask: '11' }],
  ['zero_volume', { volume: '0' }],
]

for (const [code, odd] of ODD)
  test(`${code}: refused, or kept with a flag (${JSON.stringify(odd)})`, () => {
    const blanks = Object.entries(odd).flatMap(([name, value]) => (value === undefined ? [`blank_${name}`] : []))
    assert.equal(refusal(new Map(), record(MONDAY, odd)), blanks[0] ?? code)
    const kept = given(record(MONDAY, { ...odd, onAnomaly: 'flag' }))
    assert.deepEqual(flags(kept, MONDAY), [...blanks, ...(blanks.includes(code) ? [] : [code])])
  })

test('of a range that is upside down, nothing else is said', () =>
  assert.deepEqual(flags(given(record(MONDAY, { high: '8', onAnomaly: 'flag' })), MONDAY), ['high_below_low']))

test('prices are above zero, and a volume is whole: whatever is to be kept', () => {
  for (const odd of [{ close: '0' }, { low: '-1' }, { volume: '1.5' }, { volume: '-1' }, { volume: 100 }])
    assert.throws(() => decide(new Map(), record(MONDAY, { ...odd, onAnomaly: 'flag' })))
})

test('a day on which the exchange is closed', () => {
  const saturday = 'bar:AAPL:2016-01-09'
  assert.equal(refusal(new Map(), record(saturday)), 'closed_day')
  assert.deepEqual(flags(given(record(saturday, { onAnomaly: 'flag' })), saturday), ['closed_day'])
  assert.deepEqual(flags(given(record(saturday, { calendar: 'every-day' })), saturday), [])
  assert.deepEqual(flags(given(record(saturday, { calendar: 'none' })), saturday), [])
  const minute = 'bar:AAPL:2016-01-09T00.10'
  assert.deepEqual(flags(given(record(minute)), minute), [], 'Friday evening in New York')
})

test('days that are missing since the bar before are a gap', () => {
  const friday = given(record(FRIDAY))
  const onTuesday = (data: object = {}) => record(TUESDAY, { previousBarId: FRIDAY, ...data })
  assert.equal(refusal(friday, onTuesday()), 'gap')
  const { flags: found, missingDays, previousBarId } = stateOf<BarState>(also(friday, onTuesday({ onAnomaly: 'flag' })), TUESDAY)
  assert.deepEqual([found, missingDays, previousBarId], [['gap'], 1, FRIDAY])
  assert.deepEqual(flags(also(friday, onTuesday({ calendar: 'none' })), TUESDAY), [])
  assert.deepEqual(flags(also(friday, record(MONDAY, { previousBarId: FRIDAY })), MONDAY), [], 'a weekend is none')
})

test('a minute in which nothing traded is no gap', () => {
  const [one, two] = ['bar:AAPL:2016-01-12T14.30', 'bar:AAPL:2016-01-12T14.45']
  assert.deepEqual(flags(given(record(one), record(two, { previousBarId: one })), two), [])
})

test('a spike is kept and flagged, as far down as up', () => {
  const tuesday = (close: string, data: object = {}) =>
    flags(also(monday, record(TUESDAY, { open: close, high: close, low: close, close, previousBarId: MONDAY, ...data })), TUESDAY)
  assert.equal(DEFAULT_SPIKE_THRESHOLD, '0.25')
  assert.deepEqual([tuesday('13.75'), tuesday('13.7500001'), tuesday('8.8'), tuesday('8.7999999')], [[], ['spike'], [], ['spike']])
  assert.deepEqual(tuesday('20', { spikeThreshold: '1' }), [])
  assert.deepEqual(tuesday('11.2', { spikeThreshold: '0.01' }), ['spike'])
})

test('the bar before is looked up, and is one: there, of the same instrument and interval, earlier', () => {
  assert.deepEqual(decide(monday, record(TUESDAY, { previousBarId: MONDAY })).lookedUp, [MONDAY])
  assert.equal(missing(monday, record(TUESDAY, { previousBarId: FRIDAY })), FRIDAY)
  const minute = 'bar:AAPL:2016-01-11T14.30'
  const [other, later] = ['bar:MSFT:2016-01-11', 'bar:AAPL:2016-01-13']
  const book = also(monday, record(minute), record(other), record(later))
  for (const previousBarId of [minute, other, later])
    assert.equal(refusal(book, record(TUESDAY, { previousBarId })), 'not_previous_bar', previousBarId)
})

test('a correction says what changed, and blanks what is null', () => {
  assert.deepEqual(appends(monday, correct(MONDAY, { close: '11.50', high: '12', reason: 'late print' })), [
    [MONDAY, 'BarCorrected', { close: '11.5', reason: 'late print' }],
  ])
  const blanked = also(monday, correct(MONDAY, { open: null, onAnomaly: 'flag' }))
  assert.deepEqual(appends(monday, correct(MONDAY, { open: null, onAnomaly: 'flag' })), [
    [MONDAY, 'BarCorrected', { open: null, flags: ['blank_open'] }],
  ])
  assert.ok(!('open' in stateOf(blanked, MONDAY)))
})

test('the same values are no correction', () => {
  assert.deepEqual(appends(monday, correct(MONDAY, { ...SOUND, close: '11.0' })), [])
  assert.deepEqual(appends(monday, correct(MONDAY, {})), [])
})

test('a correction that is odd is refused, but not for what was odd before', () => {
  assert.equal(refusal(monday, correct(MONDAY, { close: '13' })), 'close_outside')
  const odd = given(record(MONDAY, { open: undefined, onAnomaly: 'flag' }))
  assert.deepEqual(appends(odd, correct(MONDAY, { close: '11.5' })), [[MONDAY, 'BarCorrected', { close: '11.5' }]])
  assert.deepEqual(appends(odd, correct(MONDAY, { open: '10' })), [[MONDAY, 'BarCorrected', { open: '10', flags: [] }]])
})

test('a bar is judged again by the bar before as it now is', () => {
  const spiked = also(
    monday,
    record(TUESDAY, { open: '20', high: '20', low: '20', close: '20', previousBarId: MONDAY }),
    correct(MONDAY, { high: '20', close: '19' }),
  )
  assert.deepEqual(flags(spiked, TUESDAY), ['spike'])
  assert.deepEqual(appends(spiked, correct(TUESDAY, {})), [[TUESDAY, 'BarCorrected', { flags: [] }]])
})

test('a day that came late ends the gap', () => {
  const late = also(
    given(record(FRIDAY), record(TUESDAY, { previousBarId: FRIDAY, onAnomaly: 'flag' })),
    record(MONDAY, { previousBarId: FRIDAY }),
  )
  assert.deepEqual(appends(late, correct(TUESDAY, { previousBarId: MONDAY })), [
    [TUESDAY, 'BarCorrected', { flags: [], previousBarId: MONDAY, missingDays: null }],
  ])
})

test('what a source said earlier does not replace what it said later', () => {
  const second = given(record(MONDAY, { revision: 2 }))
  assert.equal(refusal(second, correct(MONDAY, { close: '10', revision: 1 })), 'older_revision')
  assert.equal(refusal(second, correct(MONDAY, { close: '10', revision: 2 })), 'older_revision')
  assert.deepEqual(appends(second, correct(MONDAY, { close: '11', revision: 1 })), [])
  assert.deepEqual(appends(second, correct(MONDAY, { revision: 3 })), [[MONDAY, 'BarCorrected', { revision: 3 }]])
})

test('changes fold in any order, and always to a bar', () => {
  const bar = stateOf<BarState>(monday, MONDAY)
  assert.deepEqual(withChanges(withChanges(bar, { open: null }), { open: '10' }), bar)
})
