import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Changed } from '../fold.ts'
import { memorySink } from '../sinks/memory.ts'
import { portfolioRisk } from '../views/portfolio-risk.ts'
import { MAX_TOTAL_DOCUMENTS, viewTotal } from './view-total.ts'

test('a total is over all pages; of more documents than it may read there is none', async () => {
  await using sink = memorySink()
  const view = await sink.open(portfolioRisk, 'live')
  const document = (n: number): readonly [string, Changed] => [
    `alice:I-${n}`,
    {
      key: `alice:I-${n}`,
      partition: 0,
      position: n + 1,
      isNew: true,
      body: { owner: 'alice', instrument: `I-${n}`, netPosition: '2', trades: 3, priced: 3, entryPrices: '1' },
    },
  ]
  const put = (from: number, to: number) =>
    view.write({
      documents: new Map(Array.from({ length: to - from }, (_, n) => document(from + n))),
      memories: new Map(),
      begins: new Map(),
      places: new Map(),
    })
  await put(0, MAX_TOTAL_DOCUMENTS)
  assert.deepEqual(await viewTotal(view, portfolioRisk, { filters: { owner: 'alice' } }), {
    instruments: MAX_TOTAL_DOCUMENTS,
    trades: 30_000,
    exposure: '6666.666666666666666667',
  })
  await put(MAX_TOTAL_DOCUMENTS, MAX_TOTAL_DOCUMENTS + 1)
  assert.equal(await viewTotal(view, portfolioRisk, { filters: { owner: 'alice' } }), undefined)
  assert.deepEqual(await viewTotal(view, portfolioRisk, { filters: { owner: 'bob' } }), { instruments: 0, trades: 0, exposure: '0' })
})
