// Promises: an array literal comes out of PostgreSQL as it went in, whatever is in it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { testDatabase } from '../test/database.ts'
import { openDatabase } from './database.ts'
import { numberArray, textArray } from './sql-array.ts'

const db = await testDatabase({ migrate: false })
const database = openDatabase({ url: db.url, connections: 1, name: 'test' })
after(async () => {
  await database.end()
  await db.drop()
})

const back = async (type: string, text: string) =>
  (await database.query<{ back: unknown }>(`select $1::${type}[] as back`, [text])).rows[0]?.back

test('texts', async () => {
  const nasty = fc.constantFrom(
    '',
    'NULL',
    'null',
    '{}',
    '{',
    '}',
    ',',
    '"',
    '\\',
    '\\"',
    '""',
    ' ',
    ' a ',
    '\n',
    '\t',
    "'",
    '\\N',
    'é😀',
    '{"a":"b\\"c"}',
  )
  const text = fc
    .oneof(
      nasty,
      fc.string({ unit: 'grapheme' }),
      fc.array(nasty).map((parts) => parts.join('')),
    )
    .filter((value) => !value.includes('\0') && value.isWellFormed())
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(text, fc.constant(null)), { maxLength: 10 }), async (values) =>
      assert.deepEqual(await back('text', textArray(values)), values),
    ),
    { numRuns: 200 },
  )
  assert.deepEqual(await back('text', textArray(['a', undefined])), ['a', null])
})

test('JSON', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
      const texts = values.map((value) => JSON.stringify(value)).filter((text) => !text.includes('\\u'))
      assert.deepEqual(
        await back('jsonb', textArray(texts)),
        texts.map((text) => JSON.parse(text) as unknown),
      )
    }),
    { numRuns: 30 },
  )
})

test('numbers', async () => {
  assert.deepEqual(await back('integer', numberArray([])), [])
  assert.deepEqual(await back('integer', numberArray([0, -1, 2_147_483_647])), [0, -1, 2_147_483_647])
})
