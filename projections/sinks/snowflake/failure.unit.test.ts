// Promises: what the driver says went wrong is told as what can be done about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Unavailable } from '../../../ledger/failure.ts'
import { failure, LostSession } from './failure.ts'

const withCode = (code: string): Error => Object.assign(new Error('said so'), { code })

test('nobody answers, the session is gone, a file was not taken: it is tried again', () => {
  const found = [
    withCode('401001'),
    withCode('390104'),
    new Error("TypeError: Cannot read properties of undefined (reading 'status') file=a.csv.gz"),
  ]
  const told = found.map((error) => failure(error) as Error)
  assert.ok(told.every((error) => error instanceof Unavailable))
  assert.deepEqual(
    told.map((error) => error instanceof LostSession),
    [false, true, false],
  )
  assert.match(told[2]?.message ?? '', /^Snowflake has not taken a file: TypeError: .+ file=a\.csv\.gz$/)
})

test('what the server says of a statement is passed on as it is', () => {
  for (const error of [withCode('002003'), withCode('000904'), withCode('100038')]) assert.equal(failure(error), error)
})
