import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixInstant, readFixMessage } from './fix-message.ts'
import { fixTranslator, type FixCommand } from './fix.ts'
import { idPart } from '../../ledger/id-part.ts'
import type { Refusal } from './import-line.ts'

const message = (fields: Readonly<Record<string, string | number>>, delimiter = ';'): string => {
  const all = { 8: 'FIX.4.4', 52: '20200302-11:14:36.393', ...fields }
  return [...Object.entries(all).map(([tag, value]) => `${tag}=${value}`), '10=001', ''].join(delimiter)
}
const order = (more: Readonly<Record<string, string | number>> = {}): string =>
  message({ 35: 'D', 49: 'ME', 56: 'BROKER', 11: 'a#1', 55: 'VOD', 54: 1, 38: '1000', 44: '72.50', 15: 'GBp', ...more })
const report = (more: Readonly<Record<string, string | number>>): string =>
  message({ 35: 8, 49: 'BROKER', 56: 'ME', 37: 'B1', 11: 'a#1', 20: 0, ...more })
const fill = (execId: string, quantity: number, price = '72.4'): string => report({ 150: 1, 17: execId, 32: quantity, 31: price })

/** Every message's commands, or why there are none. Keys are `k1`, `k2` … */
function translated(...lines: readonly string[]) {
  const { translate, breaks } = fixTranslator()
  return { answers: lines.map((line, n) => translate(n + 1, line, `k${n + 1}`)), breaks: breaks() }
}

/** The last message's commands: name and data. */
function last(...lines: readonly string[]): readonly (readonly [string, object])[] {
  const answer = translated(order(), report({ 150: 0 }), ...lines).answers.at(-1) as readonly FixCommand[] | Refusal
  assert.ok(!('refused' in answer), JSON.stringify(answer))
  return answer.map(({ command, data }) => [command, data])
}

function refused(...lines: readonly string[]): string {
  const answer = translated(order(), report({ 150: 0 }), ...lines).answers.at(-1)
  assert.ok(answer && 'refused' in answer, JSON.stringify(answer))
  return answer.refused
}

test('a new order is a trade that must not be there; the first report adds what the broker calls it', () => {
  const { answers } = translated(order({ 60: '20200302-11:14:36.123456789' }), report({ 150: 0, 60: '20200302-11:14:37' }))
  assert.deepEqual(answers, [
    [
      {
        command: 'SubmitTrade',
        entityId: 'trade:ME:a~231',
        data: {
          instrument: 'VOD',
          side: 'buy',
          quantity: '1000',
          price: '72.5',
          currency: 'GBp',
          broker: 'BROKER',
          clientReference: 'a#1',
        },
        commandId: 'k1',
        expectedVersion: 0,
        effectiveAt: '2020-03-02T11:14:36.123456Z',
      },
    ],
    [
      {
        command: 'AmendTrade',
        entityId: 'trade:ME:a~231',
        data: { contractId: 'B1' },
        commandId: 'k2',
        expectedVersion: 1,
        effectiveAt: '2020-03-02T11:14:37.000000Z',
      },
    ],
  ])
})

test('what a first report says is one unit with what the broker calls the order', () => {
  const [, answer] = translated(order(), report({ 150: 8, 58: 'no such market' })).answers as readonly (readonly FixCommand[])[]
  assert.deepEqual(
    answer?.map(({ command, data, commandId, expectedVersion }) => [command, data, commandId, expectedVersion]),
    [
      ['AmendTrade', { contractId: 'B1' }, 'k2', 1],
      ['CancelTrade', { reason: 'rejected: no such market' }, 'k2:2', 2],
    ],
  )
})

test('executions, with their prices as they stand; known ones change nothing', () => {
  const recorded = [['RecordExecution', { executionId: 'E~201', quantity: '600', price: '72.4' }]]
  assert.deepEqual(last(fill('E 1', 600, '72.400')), recorded)
  assert.deepEqual(last(report({ 150: 'F', 17: 'E 1', 32: 600, 31: '72.4', 30: 'XLON' })), [
    ['RecordExecution', { executionId: 'E~201', quantity: '600', price: '72.4', venue: 'XLON' }],
  ])
  assert.deepEqual(last(fill('1', 600), fill('1', 600)), [])
  assert.match(refused(fill('1', 600), fill('2', 401)), /^an execution of 401, and 400 remain of the order$/)
  assert.match(refused(report({ 150: 4 }), fill('2', 1)), /cancelled already/)
  assert.match(refused(fill('1', 0)), /^"0" is no quantity/)
  assert.match(refused(report({ 150: 1, 17: '1', 32: 5, 31: '1e3' })), /^"1e3" is no price/)
})

test('a bust takes its execution back, and leaves room for another; a correction is both', () => {
  const bust = report({ 20: 1, 150: 0, 17: 'X', 19: '1', 58: 'wrong price' })
  assert.deepEqual(last(fill('1', 1000), bust), [['BustExecution', { executionId: '1', reason: 'taken back by the broker: wrong price' }]])
  assert.deepEqual(last(fill('1', 1000), report({ 150: 'H', 19: '1' })), [
    ['BustExecution', { executionId: '1', reason: 'taken back by the broker' }],
  ])
  assert.deepEqual(last(fill('1', 1000), bust, bust), [])
  assert.equal(last(fill('1', 1000), bust, fill('2', 1000)).length, 1)
  assert.match(refused(bust), /^the order has no execution "1"/)
  assert.deepEqual(last(fill('1', 1000), report({ 20: 2, 150: 2, 19: '1', 17: '2', 32: 900, 31: '72' })), [
    ['BustExecution', { executionId: '1', reason: 'taken back by the broker' }],
    ['RecordExecution', { executionId: '2', quantity: '900', price: '72' }],
  ])
})

test('a replacement amends what is other; later messages may name the order by its new ClOrdID', () => {
  const request = message({ 35: 'G', 49: 'ME', 56: 'BROKER', 11: 'a#2', 41: 'a#1', 38: 900 })
  const replaced = (more: object) => report({ 150: 5, 11: 'a#2', 41: 'a#1', ...more })
  assert.deepEqual(last(request, replaced({ 38: '900.0', 44: '72.6' })), [['AmendTrade', { quantity: '900', price: '72.6' }]])
  assert.deepEqual(last(request, replaced({ 38: 1000, 44: '72.5' })), [])
  assert.deepEqual(last(fill('1', 1000), replaced({ 38: 1500, 44: '72.5' })), [['AmendTrade', { quantity: '1500' }]])
  assert.match(refused(fill('1', 600), replaced({ 38: 500, 44: '72.5' })), /600 are executed already/)
  assert.match(refused(replaced({ 38: 1000 })), /price/)
  assert.equal(last(request, message({ 35: 8, 49: 'BROKER', 56: 'ME', 11: 'a#2', 150: 4 })).length, 1)
})

test('what ends an order cancels its trade, with the reason; not one that is over', () => {
  for (const [type, reason] of [
    ['3', 'done for day'],
    ['4', 'cancelled'],
    ['8', 'rejected'],
    ['C', 'expired'],
  ] as const)
    assert.deepEqual(last(report({ 150: type })), [['CancelTrade', { reason }]])
  assert.deepEqual(last(report({ 150: 3 }), report({ 150: 4 })), [])
  assert.deepEqual(last(fill('1', 1000), report({ 150: 3 })), [])
  assert.deepEqual(last(report({ 150: 'C', 58: 'x;39=y' })), [['CancelTrade', { reason: 'expired: x' }]])
  assert.deepEqual(last(report({ 150: 'C', 58: 'x; y' })), [['CancelTrade', { reason: 'expired: x; y' }]])
})

test('requests, pending reports and what the session says change nothing', () => {
  for (const type of ['6', 'A', 'E', 'I']) assert.deepEqual(last(report({ 150: type })), [])
  for (const type of ['0', 'A', 'F', 'H', '9']) assert.deepEqual(last(message({ 35: type })), [])
  assert.deepEqual(last(order({ 43: 'Y' })), [])
})

test('what can not be applied is said', () => {
  assert.match(refused(order()), /is there already/)
  assert.match(refused(report({ 37: 'B2', 11: 'b', 150: 0 })), /^no line before has order B2/)
  assert.match(refused(report({ 150: 'toString' })), /^ExecType \(150\) "toString" is not known$/)
  assert.match(refused(message({ 35: 'j' })), /^a message of type "j" is not imported$/)
  assert.match(refused('nothing'), /no FIX message/)
  assert.match(refused('8=FIX.4.4;35=8;11=a'), /cut/)
  for (const wrong of [{ 54: 'Z' }, { 38: '-1' }, { 44: 'x' }, { 55: '' }, { 15: '' }, { 11: 'x'.repeat(81) }, { 60: '20201302-00:00:00' }])
    assert.ok(refused(order({ 11: 'new', ...wrong })), JSON.stringify(wrong))
})

test('a break is an order whose executions do not come to its last CumQty', () => {
  assert.deepEqual(translated(order(), report({ 150: 1, 17: '1', 32: 600, 31: 1, 14: '600.0' })).breaks, [])
  assert.deepEqual(translated(order(), report({ 150: 1, 17: '1', 32: 600, 31: 1, 14: 600 }), report({ 150: 4, 14: 200 })).breaks, [
    { entityId: 'trade:ME:a~231', orderId: 'B1', line: 3, executedQuantity: '600', cumQty: '200' },
  ])
})

test('fields end with SOH, ^A, ; or |; what comes first counts; times are UTC, to the microsecond', () => {
  for (const delimiter of ['\u0001', '^A', ';', '|']) {
    const read = readFixMessage(`2020/03/02 INFO: ${message({ 35: 'D', 11: 'x y' }, delimiter)}`)
    assert.ok(!('refused' in read))
    assert.equal(read.get('11'), 'x y')
  }
  assert.equal(fixInstant('20200302-11:14:36'), '2020-03-02T11:14:36.000000Z')
  assert.equal(fixInstant('20200302-11:14:36.5'), '2020-03-02T11:14:36.500000Z')
  assert.equal(fixInstant('20200230-11:14:36'), undefined)
})

test('ids of others as parts of ours: never the same for two', () => {
  assert.equal(idPart('IREACH_t216_AIB PS.o3kt3.2i#a1'), 'IREACH_t216_AIB~20PS.o3kt3.2i~23a1')
  assert.equal(idPart('a~20b'), 'a~7E20b')
  assert.equal(idPart('é/:'), '~C3~A9~2F~3A')
  assert.deepEqual(['.', '..', '...'].map(idPart), ['~2E', '~2E~2E', '...'])
})
