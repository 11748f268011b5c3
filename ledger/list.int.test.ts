// Promises: lists show what reads of each entity alone would show, newest or as it was, filtered and page by page.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { testDatabase } from '../test/database.ts'
import { ownersOf, ticketOf } from './batch.testing.ts'
import type { EntityId } from './entity-id.ts'
import { openLedger } from './index.ts'
import type { Page } from './list.ts'
import { happen, histories, model } from './model.testing.ts'
import { partitionOfOwner } from './partition.ts'
import type { VersionRecord } from './record.ts'
import { addNote, deposit, openAccount, openTicket } from './works.testing.ts'

const db = await testDatabase()
const ledger = await openLedger({ url: db.url })
after(async () => {
  await ledger.close()
  await db.drop()
})

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** All pages. */
async function all<Item extends VersionRecord>(page: (below: EntityId | undefined) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const items: Item[] = []
  let below: EntityId | undefined
  for (;;) {
    const { items: more, hasMore, last } = await page(below)
    items.push(...more)
    if (!hasMore) return items
    assert.ok(last !== undefined && (below === undefined || last < below), 'pages go on')
    below = last
  }
}

test('the latest of a kind, of all owners or of one, by id descending, page by page', async () => {
  const owners = ownersOf((owner) => partitionOfOwner(owner, ledger.partitions), 4, 'list')
  const ids = owners.flatMap((owner) => numbers(7).map((n) => ticketOf(owner, `t${n}`)))
  await Promise.all(ids.flatMap((id) => [ledger.append(openTicket(id)), ledger.append(addNote(id))]))
  await ledger.append(openAccount('account:list0:cash'))
  const expected = [...ids].sort().reverse()
  const pages = await all((below) => ledger.list.latest({ kind: 'ticket', filters: {}, below, limit: 3 }))
  assert.deepEqual(
    pages.map(({ entityId }) => entityId),
    expected,
  )
  assert.ok(pages.every(({ version, latest }) => version === 2 && latest))
  const [owner = ''] = owners
  const own = await ledger.list.latest({ kind: 'ticket', owner, filters: {}, limit: 7 })
  assert.deepEqual(
    own.items.map(({ entityId }) => entityId),
    expected.filter((id) => id.startsWith(`ticket:${owner}:`)),
  )
  assert.equal(own.hasMore, false)
  assert.deepEqual((await ledger.list.latest({ kind: 'trade', filters: {}, limit: 5 })).items, [])
  // An owner whose name begins like another's is another.
  await ledger.append(openTicket(ticketOf(`${owner}-x`, 'other')))
  assert.equal((await ledger.list.latest({ kind: 'ticket', owner, filters: {}, limit: 100 })).items.length, 7)
})

test('filters are equalities of strings in the state', async () => {
  const owner = 'filters'
  for (const local of ['a', 'b']) await ledger.append(openAccount(`account:${owner}:${local}`))
  await ledger.append(deposit(`account:${owner}:a`, '5'))
  const list = async (filters: Readonly<Record<string, string>>) =>
    (await ledger.list.latest({ kind: 'account', owner, filters, limit: 10 })).items.map(({ entityId }) => entityId.split(':')[2])
  assert.deepEqual(await list({ currency: 'USD' }), ['world.USD', 'b', 'a'])
  assert.deepEqual(await list({ currency: 'USD', status: 'closed' }), [])
  assert.deepEqual(await list({ currency: '"USD"' }), [])
})

test('as of any recorded and any effective time: as a naive model says, also where the page is empty', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.infiniteStream(fc.nat()), async (history, chance) => {
      const owner = randomUUID().slice(0, 8)
      const { asOf: was, effective, ids, recordedTimes, effectiveTimes } = model(await happen(ledger, owner, history))
      const any = <T>(list: readonly T[]): T => list[(chance.next().value ?? 0) % list.length] as T
      for (let n = 0; n < 6; n++) {
        const [asOf, effectiveAsOf] = [any(recordedTimes), any(effectiveTimes)]
        const filters = any<Readonly<Record<string, string>>>([
          {},
          { status: 'open' },
          { status: 'high' },
          { priority: 'low', status: 'closed' },
        ])
        const limit = any([1, 2, 10])
        const matching = (records: readonly (VersionRecord | undefined)[]) =>
          records.filter((record) => record && Object.entries(filters).every(([field, value]) => record.state[field] === value))
        const question = { kind: 'ticket', owner, filters, limit, asOf }
        assert.deepEqual(await all((below) => ledger.list.asOf({ ...question, below })), matching(ids.map((id) => was(id, asOf))))
        assert.deepEqual(
          await all((below) => ledger.list.asOf({ ...question, effectiveAsOf, below })),
          matching(ids.map((id) => effective(id, asOf, effectiveAsOf))),
        )
      }
    }),
    { numRuns: 25 },
  )
})

test('where nothing is said of when it was known, a list says what it was read as of, and can be asked for again', async () => {
  const owner = 'known'
  for (const local of ['a', 'b']) await ledger.append(openTicket(ticketOf(owner, local)))
  const question = { kind: 'ticket', owner, filters: {}, limit: 10 }
  const [first, none] = [await ledger.list.asOf(question), await ledger.list.asOf({ ...question, owner: 'nobody-at-all' })]
  assert.equal(first.items.length, 2)
  assert.deepEqual(none.items, [])
  await ledger.append(openTicket(ticketOf(owner, 'c')))
  assert.deepEqual(await ledger.list.asOf({ ...question, asOf: first.asOf }), first)
  assert.deepEqual(await ledger.list.asOf({ ...question, owner: 'nobody-at-all', asOf: none.asOf }), none)
})
