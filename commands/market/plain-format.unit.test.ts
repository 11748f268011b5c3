import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExact } from './exact-json.ts'
import { plainFormat } from './plain-format.ts'

const ASK = { symbols: ['AAPL', 'BRK/B'], interval: 'day', since: { AAPL: '2018-02-01T00:00:00.000000Z' } } as const
const BAR =
  '{"symbol":"AAPL","interval":"day","start":"2018-02-07","open":"163.0850","high":163.4,"low":1.1e2,"close":12345678901234567.89,"volume":51608580}'
const translate = (text: string) => plainFormat.translate(parseExact(text), ASK)

test('numbers keep their digits, and one with an exponent is none', () => {
  assert.deepEqual(parseExact('{"a":12345678901234567.890,"b":[0.1,"0.10",true,null]}'), {
    a: '12345678901234567.890',
    b: ['0.1', '0.10', true, null],
  })
  assert.equal(parseExact('{"a":'), undefined)
  assert.deepEqual(translate(BAR).bars, [
    { refused: '/low must be a decimal: up to 20 digits, then optionally a point and up to 18 digits; no exponent, no plus' },
  ])
})

test('a bar, a list of bars, or a page of them', () => {
  const bar = BAR.replace('1.1e2', '158.07')
  const [read] = translate(bar).bars
  assert.deepEqual(read, {
    id: 'bar:AAPL:2018-02-07',
    interval: 'day',
    start: '2018-02-07T00:00:00.000000Z',
    values: { open: '163.085', high: '163.4', low: '158.07', close: '12345678901234567.89', volume: '51608580' },
  })
  assert.deepEqual(translate(`[${bar},${bar}]`).bars, [read, read])
  assert.deepEqual(translate(`{"bars":[${bar}],"cursor":"7","hasMore":true}`), { bars: [read], cursor: '7', hasMore: true })
})

test('a revision and a cursor may stand in the bar', () => {
  const { bars, cursor } = translate(BAR.replace('1.1e2', '158.07').replace('}', ',"revision":2,"cursor":"c9"}'))
  const [bar] = bars
  assert.equal(cursor, 'c9')
  assert.equal(bar && 'values' in bar && bar.values['revision'], 2)
})

for (const [text, why] of [
  ['no json', /is a JSON object/],
  ['7', /is a JSON object/],
  ['{}', /\/symbol is required; \/interval/],
  ['{"symbol":"A","interval":"week","start":"2018-02-07","close":1,"volume":1}', /\/interval/],
  ['{"symbol":"A","interval":"minute","start":"2018-02-07","close":1,"volume":1}', /is not the start of a minute/],
  [`{"symbol":"${'x'.repeat(65)}","interval":"day","start":"2018-02-07","close":1,"volume":1}`, /too long for an owner/],
] as const)
  test(`refused: ${text.slice(0, 60)}`, () => {
    const [bar] = translate(text).bars
    assert.match(bar && 'refused' in bar ? bar.refused : '', why)
  })

test('it asks from the newest bars on, or from the cursor', () => {
  assert.deepEqual(JSON.parse(plainFormat.subscription({ ...ASK, cursor: 'c' })), { subscribe: { ...ASK, cursor: 'c' } })
  const page = (ask: Partial<typeof ASK> & { readonly cursor?: string }) =>
    plainFormat.pageUrl(new URL('https://x/bars?key=1'), { ...ASK, ...ask }).search
  assert.equal(page({}), '?key=1&symbols=AAPL%2CBRK%2FB&interval=day', 'of one there is nothing yet')
  assert.equal(page({ symbols: ['AAPL'] as never }), '?key=1&symbols=AAPL&interval=day&since=2018-02-01T00%3A00%3A00.000000Z')
  assert.equal(page({ cursor: 'c' }), '?key=1&symbols=AAPL%2CBRK%2FB&interval=day&cursor=c')
})
