// Promises: what is put into a table's columns comes out as it went in; what does not fit is refused, by its name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromMicros } from '../../ledger/instant.ts'
import { canonicalDecimal } from '../../ledger/decimal.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { ColumnType } from '../projection.ts'
import { columnName, JSON_FORM, tableForm } from './table-form.ts'

const EARLIEST_MICROS = BigInt(Date.UTC(1900, 0, 1)) * 1_000n
const LATEST_MICROS = BigInt(Date.UTC(2200, 0, 1)) * 1_000n - 1n
const digits = (most: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: most })

const values: Readonly<Record<ColumnType, fc.Arbitrary<unknown>>> = {
  text: fc.string({ unit: 'grapheme' }),
  decimal: fc
    .tuple(fc.boolean(), digits(20), fc.option(digits(18)))
    .map(([isNegative, whole, rest]) => canonicalDecimal(`${isNegative ? '-' : ''}${whole}${rest === null ? '' : `.${rest}`}`)),
  integer: fc.maxSafeInteger(),
  boolean: fc.boolean(),
  instant: fc.bigInt({ min: EARLIEST_MICROS, max: LATEST_MICROS }).map(fromMicros),
  date: fc.bigInt({ min: EARLIEST_MICROS, max: LATEST_MICROS }).map((micros) => fromMicros(micros).slice(0, 10)),
  json: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
}
const columns = Object.fromEntries(Object.keys(values).map((type) => [`${type}Member`, type as ColumnType]))
const form = tableForm({ name: 'any', columns })
const documents = fc.record(Object.fromEntries(Object.entries(values).map(([type, value]) => [`${type}Member`, value])), {
  requiredKeys: [],
}) as fc.Arbitrary<JsonObject>

test('there and back', () => {
  fc.assert(
    fc.property(documents, (body) => {
      form.assertKnown(body)
      for (const one of [form, JSON_FORM])
        assert.deepEqual(
          { ...one.toBody(one.columns.map(({ cellOf }) => cellOf(body))) },
          // As JSON has it: no member that is undefined.
          JSON.parse(JSON.stringify(body)),
        )
    }),
  )
})

test('names in a table', () => {
  assert.deepEqual(['owner', 'averagePrice', 'pnlPerTrade', 'a1B'].map(columnName), ['owner', 'average_price', 'pnl_per_trade', 'a1_b'])
})

test('what does not fit is refused, by its name', () => {
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    textMember: [1, null, '\udc00', {}],
    decimalMember: ['1e3', '0x1', '', '+1', 1, '1.0000000000000000001', '123456789012345678901', null],
    integerMember: ['1', 1.5, 2 ** 60, null],
    booleanMember: ['true', 0, null],
    instantMember: ['2026-01-02', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05.123456', 'x', null],
    dateMember: ['2026-1-2', '2026-99-01', 20_260_102, null],
  }
  for (const [member, all] of Object.entries(wrong))
    for (const value of all) {
      const column = form.columns.find(({ name }) => name === columnName(member))
      assert.throws(
        () => column?.cellOf({ [member]: value } as JsonObject),
        (error) => error instanceof TypeError && error.message.startsWith(member),
        `${member} ${String(value)}`,
      )
    }
  assert.throws(() => form.assertKnown({ textMember: 'x', another: 1 }), /another is no column of any/)
})
