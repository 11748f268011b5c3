import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonValue } from '../ledger/json.ts'
import { diff, type Change } from './diff.ts'

const name = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor', '', '/', '~', '0', '1'), fc.string({ maxLength: 3 }))
const { state } = fc.letrec<{ value: JsonValue; state: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json' },
    fc.constantFrom<JsonValue[]>(null, true, 0, 1, '', '1'),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('state'),
  ),
  state: fc
    .uniqueArray(fc.tuple(name, tie('value')), { selector: ([key]) => key, maxLength: 5 })
    .map((entries) => Object.fromEntries(entries)),
}))

/** Applies changes as a reader would: first what is gone, then what is there now. */
function apply(from: JsonValue, changes: readonly Change[]): JsonValue | undefined {
  const root: Record<string, JsonValue> = { '': structuredClone(from) }
  const gone = changes.filter((change) => !('after' in change))
  for (const change of [...gone, ...changes.filter((one) => 'after' in one)]) {
    const names = change.path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = names.pop() ?? ''
    let parent = root
    for (const part of names) parent = parent[part] as unknown as typeof root
    // Own members, whatever their name; an array loses its end.
    if ('after' in change)
      Object.defineProperty(parent, last, { value: change.after, writable: true, enumerable: true, configurable: true })
    else if (Array.isArray(parent)) parent.length = Math.min(parent.length, Number(last))
    else delete parent[last]
  }
  return root['']
}

test('applying the changes to the one gives the other', () => {
  fc.assert(
    fc.property(state, state, (from, to) => {
      const changes = diff(from, to)
      assert.deepEqual(JSON.stringify(sorted(apply(from, changes) ?? null)), JSON.stringify(sorted(to)))
      assert.deepEqual(
        changes.map(({ path }) => path),
        changes.map(({ path }) => path).toSorted(),
      )
      assert.equal(new Set(changes.map(({ path }) => path)).size, changes.length)
    }),
    { numRuns: 500 },
  )
})

test('there and back is the same difference, turned round', () => {
  fc.assert(
    fc.property(state, state, (from, to) => {
      const turned = diff(to, from).map(({ path, ...values }) => ({
        path,
        ...('after' in values ? { before: values.after } : {}),
        ...('before' in values ? { after: values.before } : {}),
      }))
      assert.deepEqual(turned, diff(from, to))
    }),
  )
})

/** Members by name, so that two equal values have one text. */
function sorted(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map((one) => sorted(one as JsonValue))
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => [key, sorted(member as JsonValue)])
}
