import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTradingDay, MAX_MISSING_DAYS, tradingDaysBetween } from './exchange-calendar.ts'

/** Sessions of XNYS a year from 1981 on, by the Python package exchange_calendars 4.13.2, which keeps the days themselves; day by day the two were the same when this was written. */
const SESSIONS =
  '253 253 253 253 252 253 253 253 252 253 253 254 253 252 252 254 253 252 252 252 248 252 252 252 252 251 251 253 252 252 252 250 252 252 252 252 251 251 252 253 252 251 250 252 250 251 251'

test('as many days a year as an independent calendar counts', () => {
  const counted = SESSIONS.split(' ').map((_, n) => tradingDaysBetween('XNYS', `${1980 + n}-12-31`, `${1982 + n}-01-01`).length)
  assert.equal(counted.join(' '), SESSIONS)
})

test('holidays that are observed on another day, and the one that is not', () => {
  const closed = (...days: readonly string[]) => days.map((day) => !isTradingDay('XNYS', day))
  assert.deepEqual(closed('2015-07-03', '2021-12-24', '2023-01-02', '2022-06-20', '2016-12-26'), [true, true, true, true, true])
  assert.deepEqual(closed('2010-12-31', '2021-12-31', '1999-12-31'), [false, false, false])
})

test('Good Friday, whenever it comes', () => {
  const days = ['1981-04-17', '2008-03-21', '2011-04-22', '2013-03-29', '2018-03-30', '2024-03-29', '2038-04-23']
  assert.deepEqual(
    days.filter((day) => isTradingDay('XNYS', day)),
    [],
  )
})

test('holidays that are younger than the calendar', () => {
  assert.deepEqual(
    ['1997-01-20', '1998-01-19', '2021-06-18', '2023-06-19'].map((day) => isTradingDay('XNYS', day)),
    [true, false, true, false],
  )
})

test('closures for reasons that no rule knows', () => {
  const days = ['2001-09-11', '2012-10-29', '2012-10-30', '2018-12-05', '2025-01-09']
  assert.deepEqual(
    days.filter((day) => isTradingDay('XNYS', day)),
    [],
  )
})

test('days between are those neither end is', () => {
  assert.deepEqual(tradingDaysBetween('XNYS', '2016-01-08', '2016-01-13'), ['2016-01-11', '2016-01-12'])
  assert.deepEqual(tradingDaysBetween('XNYS', '2016-01-08', '2016-01-11'), [])
  assert.deepEqual(tradingDaysBetween('every-day', '2016-01-08', '2016-01-11'), ['2016-01-09', '2016-01-10'])
  assert.equal(tradingDaysBetween('every-day', '1900-01-01', '2200-01-01').length, MAX_MISSING_DAYS)
})
