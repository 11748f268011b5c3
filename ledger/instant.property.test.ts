import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EARLIEST, fromMicros, fromPostgres, instantSchema, isInstant, LATEST, now, parseInstant, toMicros } from './instant.ts'

const micros = fc.bigInt(toMicros(EARLIEST), toMicros(LATEST) - 1n)

test('microseconds and text are one to one, and compare alike', () => {
  fc.assert(
    fc.property(micros, micros, (a, b) => {
      const [x, y] = [fromMicros(a), fromMicros(b)]
      assert.ok(isInstant(x))
      assert.equal(toMicros(x), a)
      assert.equal(parseInstant(x), x)
      assert.equal(x < y, a < b)
    }),
  )
})

test('any offset and up to six decimals come to UTC with six', () => {
  fc.assert(
    fc.property(micros, fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 }), fc.constantFrom('T', 't'), (at, offset, letter) => {
      const local = fromMicros(at + BigInt(offset) * 60_000_000n)
      const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((n) => String(n).padStart(2, '0'))
      const fraction = local.slice(20, 26).replace(/0+$/, '')
      const text = `${local.slice(0, 10)}${letter}${local.slice(11, 19)}${fraction && `.${fraction}`}${offset < 0 ? '-' : '+'}${hours}:${minutes}`
      assert.equal(parseInstant(text), fromMicros(at), text)
    }),
  )
})

test("PostgreSQL's own text of a time", () => {
  assert.equal(fromPostgres('2026-01-02 01:04:05.5+00'), '2026-01-02T01:04:05.500000Z')
  assert.equal(fromPostgres('2026-01-02 01:04:05+00'), '2026-01-02T01:04:05.000000Z')
  assert.equal(fromPostgres('1969-12-31 23:59:59.999999+00'), '1969-12-31T23:59:59.999999Z')
  assert.equal(fromPostgres('-infinity'), EARLIEST)
})

test('what is no instant', () => {
  const bad = ['', 'now', '2026-01-02', '2026-01-02T03:04:05', '2026-01-02 03:04:05Z', '2026-01-02T03:04Z', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z', '2026-01-32T00:00:00Z', '2026-01-02T24:00:00Z', '2026-01-02T03:60:00Z', '2026-01-02T03:04:60Z', '2026-01-02T03:04:05.1234567Z', '2026-01-02T03:04:05.Z',
    '2026-01-02T03:04:05+24:00', '2026-01-02T03:04:05+01:60', '2026-01-02T03:04:05+0100', '2026-01-02T03:04:05Z ', '1899-12-31T23:59:59Z', '2200-01-01T00:00:00Z', '0000-01-01T00:00:00Z',
    '+02026-01-02T03:04:05Z', '2026-01-02T03:04:05,5Z', '1900-01-01T00:00:00+00:01', '2199-12-31T23:59:59-00:01', '２026-01-02T03:04:05Z'] // prettier-ignore
  for (const text of bad) {
    assert.equal(parseInstant(text), undefined, text)
    assert.equal(instantSchema.safeParse(text).success, false)
  }
  assert.equal(parseInstant('2024-02-29T00:00:00Z'), '2024-02-29T00:00:00.000000Z')
  assert.equal(parseInstant('2199-12-31T23:59:59.999999Z'), '2199-12-31T23:59:59.999999Z')
  assert.equal(parseInstant('1900-01-01T01:00:00+01:00'), EARLIEST)
  assert.ok(isInstant(now()))
})
