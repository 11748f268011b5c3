import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommandFailed, EXIT } from '../exit.ts'
import { marketOf, type LobsterOptions } from './lobster-file.ts'

const STANDARD = '/data/AAPL_2012-06-21_34200000_37800000_message_50.csv'

function refusal(file: string, options: LobsterOptions = {}): string {
  try {
    marketOf(file, options)
  } catch (error) {
    assert.ok(error instanceof CommandFailed)
    assert.equal(error.exitCode, EXIT.usage)
    return error.message
  }
  return assert.fail('it was accepted')
}

test('a standard file name says instrument and day, and the owner is market', () => {
  for (const file of [STANDARD, `${STANDARD}.gz`]) {
    const { owner, instrument, clock } = marketOf(file, {})
    assert.deepEqual([owner, instrument, clock('34200')], ['market', 'AAPL', '2012-06-21T13:30:00.000000Z'])
  }
})

test('options count more than the name', () => {
  const { owner, instrument, clock } = marketOf(STANDARD, { owner: 'nasdaq', instrument: 'MSFT', date: '2012-01-03' })
  assert.deepEqual([owner, instrument, clock('34200')], ['nasdaq', 'MSFT', '2012-01-03T14:30:00.000000Z'])
})

test('what is missing or wrong is said by its name', () => {
  assert.match(refusal('message.csv'), /give --instrument and --date$/)
  assert.match(refusal('message.csv', { instrument: 'AAPL' }), /give --date$/)
  assert.match(refusal('message.csv', { date: '2012-06-21' }), /give --instrument$/)
  assert.match(refusal(STANDARD, { date: '2012-06-31' }), /^--date "2012-06-31" is not a day/)
  assert.match(refusal(STANDARD, { owner: 'a:b' }), /^--owner must be/)
  assert.match(refusal(STANDARD, { instrument: '' }), /^--instrument must/)
})
