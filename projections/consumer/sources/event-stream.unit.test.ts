import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventReader } from './event-stream.ts'

const STREAM =
  'retry: 1000\n: the feed follows\n\nid: a1\ndata: {"x":1}\n\n: still here\n\n: still here\nid: a2\n\nid: a3\ndata: one\ndata: two: three\n\ndata: unfinished\n'

test('events, comments and ids alone, whatever the pieces are', () => {
  const expected = [
    { id: 'a1', data: '{"x":1}' },
    { id: 'a2', data: undefined },
    { id: 'a3', data: 'one\ntwo: three' },
  ]
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length })), fc.boolean(), (cuts, withReturns) => {
      const read = eventReader()
      const text = withReturns ? STREAM.replaceAll('\n', '\r\n') : STREAM
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
      const events = places.slice(1).flatMap((place, n) => read(text.slice(places[n], place)))
      assert.deepEqual(events, expected)
    }),
  )
})
