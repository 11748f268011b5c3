import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lobsterTranslator, openingsOf, type LobsterCommand } from './lobster.ts'
import { dollars } from './lobster-row.ts'
import { newYorkDay } from './new-york.ts'
import type { Refusal } from './import-line.ts'

const clock = newYorkDay('2012-06-21') ?? assert.fail()

/** Every row's commands, or why there are none. Keys are `k1`, `k2` … */
function translated(...rows: readonly string[]): readonly (readonly LobsterCommand[] | Refusal)[] {
  const { see, openings } = openingsOf(clock)
  rows.forEach(see)
  const translate = lobsterTranslator({ owner: 'market', instrument: 'AAPL', clock }, openings)
  return rows.map((row, n) => translate(n + 1, row, `k${n + 1}`))
}

const effectiveAt = '2012-06-21T13:30:00.004241Z'
const at = '34200.004241176'

test('a submission is a trade that must not be there', () => {
  assert.deepEqual(translated(`${at},1,16113575,18,5853300,1`), [
    [
      {
        command: 'SubmitTrade',
        entityId: 'trade:market:16113575',
        data: { instrument: 'AAPL', side: 'buy', quantity: '18', price: '585.33', currency: 'USD' },
        expectedVersion: 0,
        commandId: 'k1',
        effectiveAt,
      },
    ],
  ])
})

test('reduction, execution and deletion follow each other at the versions that the model holds', () => {
  const [, reduced, executed, deleted] = translated(
    `${at},1,7,100,5853300,-1`,
    `${at},2,7,30,5853300,-1`,
    `${at},4,7,50,5853300,-1`,
    `${at},3,7,20,5853300,-1`,
  )
  const common = { entityId: 'trade:market:7', effectiveAt }
  assert.deepEqual(reduced, [{ ...common, command: 'ReduceTrade', data: { quantity: '30' }, expectedVersion: 1, commandId: 'k2' }])
  assert.deepEqual(executed, [
    {
      ...common,
      command: 'RecordExecution',
      data: { executionId: 'row-3', quantity: '50', price: '585.33' },
      expectedVersion: 2,
      commandId: 'k3',
    },
  ])
  assert.deepEqual(deleted, [{ ...common, command: 'CancelTrade', data: {}, expectedVersion: 3, commandId: 'k4' }])
})

test('a hidden execution is a trade of its own, submitted and filled in one unit', () => {
  const [commands] = translated(`${at},5,0,10,5853350,-1`)
  assert.deepEqual(commands, [
    {
      command: 'SubmitTrade',
      entityId: 'trade:market:hidden-1',
      data: { instrument: 'AAPL', side: 'sell', quantity: '10', price: '585.335', currency: 'USD' },
      expectedVersion: 0,
      commandId: 'k1',
      effectiveAt,
    },
    {
      command: 'RecordExecution',
      entityId: 'trade:market:hidden-1',
      data: { executionId: 'row-1', quantity: '10', price: '585.335' },
      expectedVersion: 1,
      commandId: 'k1:2',
      effectiveAt,
    },
  ])
})

test('an order first seen without a submission is opened with what all its rows use', () => {
  const [first, second] = translated(`${at},4,7,30,5853300,1`, `${at},3,7,70,5853300,1`) as readonly (readonly LobsterCommand[])[]
  assert.deepEqual(
    first?.map(({ command, data, expectedVersion, commandId }) => [command, data['quantity'], expectedVersion, commandId]),
    [
      ['SubmitTrade', '100', 0, 'k1'],
      ['RecordExecution', '30', 1, 'k1:2'],
    ],
  )
  assert.deepEqual(
    second?.map(({ command, expectedVersion }) => [command, expectedVersion]),
    [['CancelTrade', 2]],
  )
})

test('what can not be read or applied says why, and leaves the model as it was', () => {
  const refused = (...rows: readonly string[]): unknown => translated(...rows).at(-1)
  const submitted = `${at},1,7,100,5853300,1`
  assert.deepEqual(refused(`${at},7,0,0,-1,-1`), { refused: 'a halt of trading (price -1) is no order' })
  assert.deepEqual(refused(`${at},6,0,100,5853300,-1`), { refused: 'a cross trade (100 at 5853300) belongs to no order' })
  assert.deepEqual(refused(`${at},1,7,100`), { refused: 'a row has 6 fields, this one 4' })
  assert.deepEqual(refused(`${at},9,7,100,5853300,1`), { refused: 'there is no message type "9"' })
  assert.deepEqual(refused('86400,1,7,100,5853300,1'), { refused: '"86400" is no time of that day' })
  assert.deepEqual(refused(`${at},1,x,100,5853300,1`), { refused: '"x" is no order id' })
  assert.deepEqual(refused(`${at},1,7,0,5853300,1`), { refused: '"0" is no size' })
  assert.deepEqual(refused(`${at},1,7,1e2,5853300,1`), { refused: '"1e2" is no size' })
  assert.deepEqual(refused(`${at},1,7,100,585.33,1`), { refused: '"585.33" is no price' })
  assert.deepEqual(refused(`${at},1,7,100,5853300,0`), { refused: '"0" is no direction' })
  assert.deepEqual(refused(`${at},1,0,100,5853300,1`), { refused: 'an order has no id 0' })
  assert.deepEqual(refused(submitted, submitted), { refused: 'order 7 is there already' })
  assert.deepEqual(refused(submitted, `${at},2,7,101,5853300,1`), { refused: '101 is more than the 100 that remain of order 7' })
  assert.deepEqual(refused(submitted, `${at},3,7,40,5853300,1`), { refused: '100 remain of order 7, not 40' })
  assert.deepEqual(refused(submitted, `${at},2,7,10,5853300,-1`), { refused: 'order 7 is a buy, not a sell' })
  assert.deepEqual(refused(submitted, `${at},2,7,100,5853300,1`, `${at},3,7,100,5853300,1`), {
    refused: 'order 7 is filled or cancelled already',
  })
  const [, , after] = translated(submitted, `${at},4,7,101,5853300,1`, `${at},4,7,100,5853300,1`) as readonly (readonly LobsterCommand[])[]
  assert.equal(after?.[0]?.expectedVersion, 1)
})

test('prices are exact', () => {
  assert.deepEqual(['5853300', '5853350', '5850000', '1', '0', '10000', '123456789012345'].map(dollars), [
    '585.33',
    '585.335',
    '585',
    '0.0001',
    '0',
    '1',
    '12345678901.2345',
  ])
})

test('wall-clock seconds of a day in New York are instants, cut to microseconds', () => {
  assert.equal(clock('34200.0042419999'), '2012-06-21T13:30:00.004241Z')
  assert.equal(clock('0'), '2012-06-21T04:00:00.000000Z')
  assert.equal(clock('86399.9999999'), '2012-06-22T03:59:59.999999Z')
  for (const text of ['86400', '-1', '1.', '1e3', '', ' 1']) assert.equal(clock(text), undefined)
  const winter = newYorkDay('2012-01-03') ?? assert.fail()
  assert.equal(winter('34200'), '2012-01-03T14:30:00.000000Z')
})

test('on days when clocks are set, the wall clock says what it says', () => {
  const spring = newYorkDay('2012-03-11') ?? assert.fail()
  assert.equal(spring('3600'), '2012-03-11T06:00:00.000000Z')
  assert.equal(spring('9000'), undefined) // 02:30 is skipped
  assert.equal(spring('10800'), '2012-03-11T07:00:00.000000Z')
  assert.equal(spring('34200'), '2012-03-11T13:30:00.000000Z')
  const autumn = newYorkDay('2012-11-04') ?? assert.fail()
  assert.equal(autumn('1800'), '2012-11-04T04:30:00.000000Z')
  assert.equal(autumn('5400'), '2012-11-04T05:30:00.000000Z') // 01:30 comes twice
  assert.equal(autumn('7200'), '2012-11-04T07:00:00.000000Z')
  assert.equal(autumn('34200'), '2012-11-04T14:30:00.000000Z')
})

test('what is no day is none', () => {
  for (const day of ['2012-02-30', '2012-6-21', '20120621', '', '0000-00-00', '2012-13-01']) assert.equal(newYorkDay(day), undefined)
})
