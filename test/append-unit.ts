// Promises: versions in a ledger without the way in: a unit of one command per call, its events as given, nothing decided.
import { hash, randomUUID } from 'node:crypto'
import { ownerOf, type EntityId } from '../ledger/entity-id.ts'
import type { Ledger } from '../ledger/index.ts'
import type { JsonObject } from '../ledger/json.ts'
import type { NewVersion } from '../ledger/known.ts'
import type { VersionRecord } from '../ledger/record.ts'
import type { Line } from '../ledger/work.ts'

export function appendUnit(ledger: Ledger, versions: readonly NewVersion[], line: Partial<Line> = {}): Promise<readonly VersionRecord[]> {
  const [first] = versions
  if (!first) throw new TypeError('a unit has versions')
  const commandId = line.commandId ?? randomUUID()
  return ledger.append({
    entities: versions.map(({ entityId }) => ({ id: entityId, newcomer: false })),
    bytes: 1,
    decide: (view) => {
      view.stage({
        scope: ownerOf(first.entityId),
        commandId,
        hash: hash('sha256', commandId),
        actor: 'test',
        correlationId: commandId,
        causationId: null,
        effectiveAt: undefined,
        ...line,
        versions,
      })
      return { keep: true, answer: ([records]) => records ?? [] }
    },
  })
}

export const submitted = (entityId: EntityId, data: JsonObject = {}): NewVersion => ({
  entityId,
  event: 'TradeSubmitted',
  data: { owner: ownerOf(entityId), instrument: 'AAPL', side: 'buy', quantity: '100', price: '1', currency: 'USD', ...data },
})
export const amended = (entityId: EntityId, data: JsonObject): NewVersion => ({ entityId, event: 'TradeAmended', data })
export const opened = (entityId: EntityId, data: JsonObject = {}): NewVersion => ({
  entityId,
  event: 'TicketOpened',
  data: { owner: ownerOf(entityId), subject: 's', ...data },
})
export const edited = (entityId: EntityId, data: JsonObject): NewVersion => ({ entityId, event: 'TicketEdited', data })
export const accountOpened = (entityId: EntityId, currency = 'USD'): NewVersion => ({
  entityId,
  event: 'AccountOpened',
  data: { owner: ownerOf(entityId), currency, limit: null },
})

/** Money from one account to another: two versions whose postings sum to zero. */
export const moved = (from: EntityId, to: EntityId, amount: string): readonly NewVersion[] => [
  { entityId: from, event: 'FundsTransferred', data: { amount, posting: `-${amount}`, counterAccountId: to } },
  { entityId: to, event: 'FundsTransferred', data: { amount, posting: amount, counterAccountId: from } },
]
