import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowReader, type ReadRow } from './ohlc-row.ts'

function reader(header: string, symbol?: string): ReadRow {
  const read = rowReader(header, symbol)
  assert.ok(!('refused' in read), 'refused' in read ? read.refused : '')
  return read
}
const daily = reader('date,open,high,low,close,volume,Name')

test('a row is a bar, its prices the text that they were', () =>
  assert.deepEqual(daily('2013-02-08,67.7142,68.4014,66.8928,67.8500,158168416,AAPL'), {
    id: 'bar:AAPL:2013-02-08',
    interval: 'day',
    start: '2013-02-08T00:00:00.000000Z',
    values: { open: '67.7142', high: '68.4014', low: '66.8928', close: '67.85', volume: '158168416' },
  }))

test('what is blank is left out, and a blank volume is zero', () => {
  const bar = daily('2016-01-12,,,,88.55,,DHR')
  assert.deepEqual('values' in bar && bar.values, { close: '88.55', volume: '0' })
})

test('columns have their names in any case and order; the symbol may come from elsewhere', () => {
  const read = reader('"Volume","Close","Timestamp","whatever"', 'BRK/B')
  assert.deepEqual(read('"7.0","1","2016-01-12 14:30","x"'), {
    id: 'bar:BRK~2FB:2016-01-12T14.30',
    interval: 'minute',
    start: '2016-01-12T14:30:00.000000Z',
    values: { close: '1', volume: '7' },
  })
  const zoned = read('7,1,2016-01-12T09:30:00-05:00,x')
  assert.equal('id' in zoned && zoned.id, 'bar:BRK~2FB:2016-01-12T14.30')
})

test('a header that lacks something says what', () => {
  const refused = (header: string) => {
    const read = rowReader(header, 'X')
    return 'refused' in read ? read.refused : undefined
  }
  assert.match(refused('2013-02-08,67.7142,68.4014') ?? '', /names no date or time or timestamp or datetime or start, no close, no volume/)
  assert.match(refused('date,close') ?? '', /names no volume/)
})

const REFUSED: Readonly<Record<string, RegExp>> = {
  '2013-02-08,1,1,1,1,1': /a row has 7 fields, this one 6/,
  '2013-02-30,1,1,1,1,1,AAPL': /"2013-02-30" is not the start of a day/,
  '2013-02-08T14:30:10Z,1,1,1,1,1,AAPL': /is not the start of a minute/,
  'yesterday,1,1,1,1,1,AAPL': /is not the start of a minute/,
  '2013-02-08,1,1,1,,1,AAPL': /\/close is required/,
  '2013-02-08,1,1,1,0,1,AAPL': /\/close must be greater than zero/,
  '2013-02-08,1,-1,1,1,1,AAPL': /\/high must be greater than zero/,
  '2013-02-08,1,1e3,1,1,1,AAPL': /\/high must be a decimal/,
  '2013-02-08,1,1,1,1,1.5,AAPL': /\/volume must be a whole number/,
  '2013-02-08,1,1,1,1,1,': /\/symbol is required/,
}
for (const [row, why] of Object.entries(REFUSED))
  test(`refused: ${row}`, () => {
    const bar = daily(row)
    assert.match('refused' in bar ? bar.refused : '', why)
  })
