import assert from 'node:assert/strict'
import { test } from 'node:test'
import { corrected, recorded } from './bar-events.testing.ts'
import { bars } from './bars.ts'
import { keptAfter, shownAfter, versionsOf, type EntityEvent } from './given.testing.ts'
import { market, MAX_WINDOW_CLOSES } from './market.ts'

const day = (n: number): string => `bar:ACME:${new Date(Date.UTC(2016, 0, n)).toISOString().slice(0, 10)}`
const shown = (...events: readonly EntityEvent[]) => shownAfter(market, versionsOf(events))['ACME']

test('one bar is the last price, and has none before it', () =>
  assert.deepEqual(shown(recorded(day(4), '10', { currency: 'USD' })), {
    owner: 'ACME',
    currency: 'USD',
    lastPrice: '10',
    lastInterval: 'day',
    lastAt: '2016-01-05T00:00:00.000000Z',
    lastVolume: '10',
    day: '2016-01-04',
    dayHigh: '100',
    dayLow: '1',
    dayRange: '99',
    bars: 1,
    flagged: 0,
    flags: {},
  }))

test('the close before is that of the day before, whichever came first', () => {
  const found = shown(recorded(day(5), '12'), recorded(day(4), '10'))
  assert.deepEqual([found?.['lastPrice'], found?.['previousClose'], found?.['change']], ['12', '10', '2'])
})

test('a minute moves the last price until its day is over, and the close before stays that of yesterday', () => {
  const minute = 'bar:ACME:2016-01-05T14.30'
  const during = [recorded(day(4), '10'), recorded(minute, '11', { bid: '10.9', ask: '11.2' })]
  const found = shown(...during)
  assert.deepEqual([found?.['lastPrice'], found?.['lastInterval'], found?.['change']], ['11', 'minute', '1'])
  assert.deepEqual([found?.['bid'], found?.['ask'], found?.['spread'], found?.['day']], ['10.9', '11.2', '0.3', '2016-01-04'])
  const over = shown(...during, recorded(day(5), '11.5'))
  assert.deepEqual([over?.['lastPrice'], over?.['change'], over?.['spread']], ['11.5', '1.5', undefined])
})

test('averages are of the last closes, and there when there are enough', () => {
  const closes = (count: number) => Array.from({ length: count }, (_, n) => recorded(day(n + 1), String(n + 1)))
  const averages = (...events: readonly EntityEvent[]) => {
    const found = shown(...events)
    return [found?.['movingAverage5'], found?.['movingAverage20'], found?.['movingAverage50']]
  }
  assert.deepEqual(averages(...closes(4)), [undefined, undefined, undefined])
  assert.deepEqual(averages(...closes(60)), ['58', '50.5', '35.5'])
  assert.deepEqual(averages(...closes(60), corrected(day(59), { close: '64' })), ['59', '50.75', '35.6'])
  assert.deepEqual(averages(...closes(60), corrected(day(3), { close: '999' })), ['58', '50.5', '35.5'], 'older than the window')
})

test('what is kept of it is bounded', () => {
  const events = Array.from({ length: 200 }, (_, n) => recorded(day(n + 1), '1'))
  const [kept] = keptAfter(market, versionsOf(events))
  assert.equal((kept?.['closes'] as readonly unknown[] | undefined)?.length, MAX_WINDOW_CLOSES)
})

test('flags are counted as they are, not as they were', () => {
  const events = [
    recorded(day(4), '10', { flags: ['spike', 'zero_volume'] }),
    recorded(day(5), '10', { flags: ['spike'] }),
    corrected(day(4), { flags: ['zero_volume'] }),
    corrected(day(5), { flags: [] }),
  ]
  assert.deepEqual(shown(...events)?.['flags'], { zero_volume: 1 })
  assert.deepEqual([shown(...events)?.['flagged'], shown(...events.slice(0, 2))?.['flagged']], [1, 2])
})

test('bars are documents by instrument, interval and start', () => {
  const found = shownAfter(
    bars,
    versionsOf([recorded(day(4), '10'), recorded('bar:ACME:2016-01-05T14.30', '11'), corrected(day(4), { close: '9' })]),
  )
  assert.deepEqual(Object.keys(found), ['ACME:day:2016-01-04T00:00:00.000000Z', 'ACME:minute:2016-01-05T14:30:00.000000Z'])
  const first = found['ACME:day:2016-01-04T00:00:00.000000Z']
  assert.deepEqual([first?.['close'], first?.['version'], first?.['entityId']], ['9', 2, day(4)])
})
