import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Overloaded } from '../ledger/failure.ts'
import { turns } from './turns.ts'

const never = new AbortController().signal

test('no more than so many at a time; the others in order', async () => {
  const inTurn = turns({ atATime: 2, waiting: 10 })
  const order: number[] = []
  let running = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      inTurn(async () => {
        order.push(n)
        most = Math.max(most, ++running)
        await sleep(5)
        running--
        if (n === 3) throw new Error('it fails')
      }, never).catch((error: unknown) => assert.match(String(error), /it fails/)),
    ),
  )
  assert.deepEqual([order, most], [[0, 1, 2, 3, 4, 5, 6, 7], 2])
})

test('too many, or too long: overloaded; those who gave up hold up nobody', async () => {
  const inTurn = turns({ atATime: 1, waiting: 2 })
  const first = Promise.withResolvers<void>()
  const running = inTurn(() => first.promise, never)
  const giving = new AbortController()
  const impatient = inTurn(() => Promise.reject(new Error('it ran')), giving.signal)
  const patient = inTurn(() => Promise.resolve('done'), never)
  await assert.rejects(
    inTurn(() => Promise.resolve(), never),
    Overloaded,
  )
  giving.abort()
  await assert.rejects(impatient, Overloaded)
  first.resolve()
  await running
  assert.equal(await patient, 'done')
  assert.equal(await inTurn(() => Promise.resolve('free'), never), 'free')
})
