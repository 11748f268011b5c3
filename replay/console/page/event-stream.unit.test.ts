import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventParser } from './event-stream.js'

const STREAM =
  'retry: 1000\n: the feed follows\n\nid: a\ndata: {"n":1}\n\nid: b\n: still here\n\ndata: one\ndata:two\r\n\r\nid: c\ndata: cut off'

function parsed(pieces: readonly string[]): readonly string[] {
  const told: string[] = []
  const take = eventParser({ onId: (id) => told.push(`id ${id}`), onData: (data) => told.push(`data ${data}`) })
  pieces.forEach(take)
  return told
}

test('events, in whatever pieces they come; ids alone, too; what is cut off is not told', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length)), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), STREAM.length]
      const pieces = places.slice(1).map((end, n) => STREAM.slice(places[n], end))
      assert.deepEqual(parsed(pieces), ['id a', 'data {"n":1}', 'id b', 'data one\ntwo'])
    }),
  )
})
