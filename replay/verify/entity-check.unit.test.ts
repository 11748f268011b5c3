import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { kinds } from '../../ledger/entities/index.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { Kind } from '../../ledger/kind.ts'
import { partitionOf } from '../../ledger/partition.ts'
import type { Difference } from './difference.ts'
import { entityCheck } from './entity-check.ts'
import type { EntityRow } from './entity-row.ts'

interface Memo {
  readonly lines: readonly string[]
}

// Today a memo has lines; at first it had one text, and its event one word.
const memo: Kind<Memo> = {
  kind: 'memo',
  plural: 'memos',
  schemaVersion: 2,
  upcasters: {
    1: {
      event: ({ event, data }) => ({ event, data: { lines: [data['text'] ?? ''] } as JsonObject }),
      state: ({ text }) => ({ lines: String(text as string).split('\n') }),
    },
  },
  state: z.strictObject({ lines: z.array(z.string()) }),
  events: { Written: z.strictObject({ lines: z.array(z.string()) }) },
  evolve: (state, { data }) => ({ lines: [...(state?.lines ?? []), ...(data['lines'] as readonly string[])] }),
  filters: [],
}

const id = 'memo:ann:1'
const row = (version: number, schema_version: number, data: JsonObject, state: JsonObject, more: Partial<EntityRow> = {}): EntityRow => ({
  entity_id: id,
  version,
  position: version,
  latest: version === 4,
  followed: version !== 4,
  kind: 'memo',
  event: 'Written',
  schema_version,
  recorded_at: `2026-01-01T00:00:0${version}.000000Z`,
  effective_at: '2026-01-01T00:00:00.000000Z',
  data,
  state,
  ...more,
})
const rows = [
  row(1, 1, { text: 'a' }, { text: 'a' }),
  row(2, 1, { text: 'b' }, { text: 'a\nb' }),
  row(3, 2, { lines: ['c'] }, { lines: ['a', 'b', 'c'] }),
  row(4, 2, { lines: ['d', 'e'] }, { lines: ['a', 'b', 'c', 'd', 'e'] }),
]

function check(given: readonly EntityRow[]): readonly Difference[] {
  const found: Difference[] = []
  const checking = entityCheck(partitionOf(id, 16), 16, (difference) => found.push(difference))
  for (const one of given) checking.row(one)
  checking.end()
  assert.equal(checking.versions, given.length)
  return found
}

test('old shapes are lifted before they are folded and compared', (t) => {
  const registry = kinds as Record<string, Kind>
  registry['memo'] = memo as unknown as Kind
  t.after(() => delete registry['memo'])
  assert.deepEqual(check(rows), [])
  const wrong = rows.with(1, row(2, 1, { text: 'x' }, { text: 'a\nb' }))
  assert.deepEqual(
    check(wrong).map(({ check: name, version, detail }) => [name, version, detail]),
    [['state', 2, '/lines/1 is "b", its events give "x"; it shows up to version 4']],
  )
})

test('two wrongs are told twice, with what is right between them', (t) => {
  const registry = kinds as Record<string, Kind>
  registry['memo'] = memo as unknown as Kind
  t.after(() => delete registry['memo'])
  const wrong = rows.with(0, row(1, 2, { lines: ['a'] }, { lines: ['A'] })).with(3, row(4, 2, { lines: ['d', 'e'] }, { lines: [] }))
  assert.deepEqual(
    check(wrong).map(({ check: name, version }) => [name, version]),
    [
      ['state', 1],
      ['state', 4],
    ],
  )
})
