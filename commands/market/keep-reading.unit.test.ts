import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIRST_RECONNECT_MS, keepReading, MAX_RECONNECT_MS, waitMs } from './keep-reading.ts'
import { SourceRefused, type Delivery, type MarketAsk, type MarketSource } from './source.ts'

const ASK: MarketAsk = { symbols: ['A'], interval: 'day', since: {} }

/** Connections one after the other: what each hands over before it breaks. */
function breaking(
  connections: readonly (readonly string[])[],
  last: Error,
): { readonly source: MarketSource; readonly asked: (string | undefined)[] } {
  const asked: (string | undefined)[] = []
  const source: MarketSource = {
    name: 'test',
    async *read({ cursor }): AsyncGenerator<Delivery> {
      const cursors = connections[asked.push(cursor) - 1]
      if (!cursors) throw last
      for (const one of cursors) yield { bars: [], cursor: one }
      throw new Error('broken')
    },
  }
  return { source, asked }
}

test('it goes on from where it was read to, until it is refused', async () => {
  const { source, asked } = breaking([['1', '2'], [], ['3']], new SourceRefused('no'))
  const troubles: number[] = []
  const taken: (string | undefined)[] = []
  const reading = keepReading(source, {
    ask: () => Promise.resolve(ASK),
    signal: new AbortController().signal,
    onTrouble: (_, inMs) => troubles.push(inMs),
  })
  await assert.rejects(async () => {
    for await (const { cursor } of reading) taken.push(cursor)
  }, SourceRefused)
  assert.deepEqual([asked, taken, troubles.length], [[undefined, '2', '2', '3'], ['1', '2', '3'], 3])
})

test('told to end while it waits, it ends', async () => {
  const ending = new AbortController()
  const { source } = breaking([], new Error('away'))
  for await (const _ of keepReading(source, { ask: () => Promise.resolve(ASK), signal: ending.signal, onTrouble: () => ending.abort() }))
    assert.fail()
})

test('waits grow, are never longer than their limit, and have chance in them', () => {
  const never = [1, 2, 3, 20, 2_000].map((failures) => waitMs(failures, () => 0))
  const always = [1, 2, 3, 20, 2_000].map((failures) => waitMs(failures, () => 1))
  assert.deepEqual(always, [FIRST_RECONNECT_MS, 200, 400, MAX_RECONNECT_MS, MAX_RECONNECT_MS])
  assert.deepEqual(
    never,
    always.map((most) => most / 2),
  )
})
