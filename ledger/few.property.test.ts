import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Few } from './few.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)
console.log(`# SEED=${seed}`)

test('holds what a Map holds, in the same order, however many', () => {
  const settings = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }).map(String), fc.integer()), { maxLength: 60 })
  fc.assert(
    fc.property(settings, fc.string(), (entries, other) => {
      const few = new Few<string, number>()
      const map = new Map<string, number>()
      for (const [key, value] of entries) {
        few.set(key, value)
        map.set(key, value)
      }
      const seen: [string, number][] = []
      few.forEach((value, key) => seen.push([key, value]))
      assert.deepEqual(seen, [...map])
      for (const key of [...map.keys(), other]) assert.deepEqual([few.has(key), few.get(key)], [map.has(key), map.get(key)])
    }),
    { seed },
  )
})
