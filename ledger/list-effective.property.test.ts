// Promises: a list by effective time shows what reading each of its entities shows, in pages of any size, filtered by the state as it was.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { testDatabase } from '../test/database.ts'
import { ticketOf } from './batch.testing.ts'
import type { EntityId } from './entity-id.ts'
import { openLedger } from './index.ts'
import type { ListAsOf } from './list.ts'
import { histories, model, type Happening } from './model.testing.ts'
import type { VersionRecord } from './record.ts'
import { work } from './works.testing.ts'

const db = await testDatabase()
const ledger = await openLedger({ url: db.url })
after(async () => {
  await ledger.close()
  await db.drop()
})

async function happen(owner: string, history: readonly Happening[]): Promise<readonly VersionRecord[]> {
  const replies = await Promise.all(
    history.map(({ ticket, effectiveAt, event }) => {
      const id = ticketOf(owner, `t${ticket}`)
      const opening = { event: 'TicketOpened', data: { owner, subject: 'a ticket' } }
      return ledger.append(
        work({ entities: [id], effectiveAt, decide: (view) => [{ entityId: id, ...(view.entity(id).version === 0 ? opening : event) }] }),
      )
    }),
  )
  return replies.flatMap(({ records }) => records)
}

/** Every page of a list, one after the other. */
async function listed(question: ListAsOf): Promise<readonly VersionRecord[]> {
  const all: VersionRecord[] = []
  let below: EntityId | undefined
  for (;;) {
    const page = await ledger.list.asOf({ ...question, below })
    all.push(...page.items)
    if (!page.hasMore) return all
    below = page.last
  }
}

test('a list by effective time is what its entities are, one by one', async () => {
  const filters = fc.constantFrom({}, { status: 'open' }, { status: 'high' }, { status: 'closed' }, { priority: 'low' })
  await fc.assert(
    fc.asyncProperty(
      histories,
      filters,
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat()),
      async (history, wanted, limit, chance) => {
        const owner = randomUUID().slice(0, 8)
        const { effective, ids, recordedTimes, effectiveTimes } = model(await happen(owner, history))
        const any = <T>(list: readonly T[]): T => list[(chance.next().value ?? 0) % list.length] as T
        for (let n = 0; n < 10; n++) {
          const [asOf, effectiveAsOf] = [any(recordedTimes), any(effectiveTimes)]
          const expected = ids
            .map((id) => effective(id, asOf, effectiveAsOf))
            .filter((record) => record && Object.entries(wanted).every(([field, value]) => record.state[field] === value))
          assert.deepEqual(await listed({ kind: 'ticket', owner, filters: wanted, limit, asOf, effectiveAsOf }), expected)
        }
      },
    ),
    { numRuns: 60 },
  )
})
