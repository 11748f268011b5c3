import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lineSplitter, type ReadLine } from './line-splitter.ts'

function split(chunks: readonly Buffer[], maxBytes?: number): readonly (readonly [number, string | undefined])[] {
  const splitter = lineSplitter(maxBytes)
  const lines: ReadLine[] = chunks.flatMap((chunk) => splitter.push(chunk))
  return [...lines, ...splitter.end()].map(({ number, bytes }) => [number, bytes?.toString()])
}

test('lines end with a line feed, the last one may go without; blank ones are counted only', () => {
  assert.deepEqual(split([Buffer.from('a\n\n \t\r\nb\r\nc')]), [[1, 'a'], [4, 'b\r'], [5, 'c']]) // prettier-ignore
  assert.deepEqual(split([Buffer.from('a\n')]), [[1, 'a']])
  assert.deepEqual(split([]), [])
})

test('of a line that is too long nothing is kept, and the rest goes on', () => {
  assert.deepEqual(split([Buffer.from('12345\n123'), Buffer.from('45'), Buffer.from('6'), Buffer.from('7\nx\n123456')], 5), [[1, '12345'], [2, undefined], [3, 'x'], [4, undefined]]) // prettier-ignore
})

test('however the bytes are cut into chunks, the lines are the same', () => {
  const texts = fc.array(fc.constantFrom('', ' ', 'a', 'bb', 'ü💥', 'x'.repeat(9)), { maxLength: 30 })
  fc.assert(
    fc.property(texts, fc.array(fc.nat(200)), (lines, cuts) => {
      const bytes = Buffer.from(lines.join('\n'))
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((place, n) => bytes.subarray(places[n], place))
      const expected = lines
        .map((line, n) => [n + 1, Buffer.byteLength(line) > 8 ? undefined : line] as const)
        .filter(([, line]) => line?.trim() !== '')
      assert.deepEqual(split(chunks, 8), expected)
    }),
  )
})
