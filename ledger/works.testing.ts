// For tests: works by hand, with raw events of the kinds that are there, and so few rules that a test sees what the ledger does and not what a decider does.
import { hash, randomUUID } from 'node:crypto'
import { compare, negate, subtract, type Decimal } from './decimal.ts'
import { entityId, ownerOf, type EntityId } from './entity-id.ts'
import { EARLIEST, type Instant } from './instant.ts'
import type { Known, NewVersion } from './known.ts'
import type { VersionRecord } from './record.ts'
import type { View, Work } from './work.ts'

export interface Reply {
  readonly status: 'applied' | 'replayed' | 'refused' | 'key reused'
  readonly reason?: string
  readonly records: readonly VersionRecord[]
}

export interface Asked {
  readonly entities: readonly EntityId[]
  /** Among the entities: those that are taken not to be there. */
  readonly newcomers?: readonly EntityId[]
  readonly scope?: string
  readonly key?: string
  /** What the command says: the same key with another text is another command. */
  readonly text?: string
  readonly effectiveAt?: Instant | undefined
  readonly bytes?: number
  readonly dryRun?: boolean
  /** Versions, or why not. */
  readonly decide: (view: View) => readonly NewVersion[] | string
}

/** A command as a unit of its own: key first, then the decision. */
export function work({
  entities,
  newcomers = [],
  key = randomUUID(),
  text = '',
  effectiveAt,
  bytes = 100,
  dryRun,
  ...asked
}: Asked): Work<Reply> {
  const scope = asked.scope ?? ownerOf(entities[0] ?? '')
  const sha256 = hash('sha256', text)
  return {
    entities: entities.map((id) => ({ id, newcomer: newcomers.includes(id) })),
    bytes,
    decide(view) {
      const applied = view.applied(scope, key)
      if (applied) {
        const status = applied.hash === sha256 ? 'replayed' : 'key reused'
        return { keep: false, answer: () => ({ status, records: status === 'replayed' ? applied.records() : [] }) }
      }
      const versions = asked.decide(view)
      if (typeof versions === 'string') return { keep: false, answer: () => ({ status: 'refused', reason: versions, records: [] }) }
      if (versions.length > 0)
        view.stage({ scope, commandId: key, hash: sha256, actor: 'test', correlationId: key, causationId: null, effectiveAt, versions })
      return { keep: dryRun !== true, answer: (appended) => ({ status: 'applied', records: appended[0] ?? [] }) }
    },
  }
}

type Rest = Partial<Asked>

// Tickets --------------------------------------------------------------------------------------------------------------
export const openTicket = (id: EntityId, rest: Rest = {}): Work<Reply> =>
  work({
    entities: [id],
    newcomers: [id],
    decide: (view) =>
      view.newcomer(id).version > 0
        ? 'already_exists'
        : [{ entityId: id, event: 'TicketOpened', data: { owner: ownerOf(id), subject: 'a ticket' } }],
    ...rest,
  })

/** A note counts: so many notes, so many writers that were not lost. */
export const addNote = (id: EntityId, rest: Rest = {}): Work<Reply> =>
  work({ entities: [id], decide: (view) => (view.entity(id).version === 0 ? 'not_found' : [noteOn(id)]), ...rest })

export const noteOn = (id: EntityId, text = 'a note'): NewVersion => ({ entityId: id, event: 'NoteAdded', data: { text } })

// Accounts -------------------------------------------------------------------------------------------------------------
interface Money {
  readonly balance: Decimal
  readonly held: Decimal
  readonly available: Decimal
  readonly limit: Decimal | null
}

export const accountOf = (owner: string, local: string): EntityId => entityId('account', owner, local)
export const worldOf = (id: EntityId): EntityId => accountOf(ownerOf(id), 'world.USD')
export const money = (known: Known): Money | undefined => known.state as Money | undefined

const opened = (id: EntityId, limit: Decimal | null, effectiveAt?: Instant): NewVersion => ({
  entityId: id,
  event: 'AccountOpened',
  data: { owner: ownerOf(id), currency: 'USD', limit },
  ...(effectiveAt !== undefined && { effectiveAt }),
})

export const openAccount = (id: EntityId, { limit = '0', ...rest }: Rest & { readonly limit?: Decimal | null } = {}): Work<Reply> =>
  work({
    entities: [id],
    newcomers: [id],
    decide: (view) => (view.newcomer(id).version > 0 ? 'already_exists' : [opened(id, limit)]),
    ...rest,
  })

/** Money from the owner's own boundary account. */
export const deposit = (id: EntityId, amount: Decimal, rest: Rest = {}): Work<Reply> =>
  work({
    entities: [id],
    decide(view) {
      if (view.entity(id).version === 0) return 'not_found'
      const world = worldOf(id)
      const posting = (entity: EntityId, by: Decimal): NewVersion => ({
        entityId: entity,
        event: 'FundsDeposited',
        data: { amount, posting: by },
      })
      return [
        posting(id, amount),
        ...(view.newcomer(world).version === 0 ? [opened(world, null, EARLIEST)] : []),
        posting(world, negate(amount)),
      ]
    },
    ...rest,
  })

export const transferred = (from: EntityId, to: EntityId, amount: Decimal): readonly NewVersion[] => [
  { entityId: from, event: 'FundsTransferred', data: { amount, posting: negate(amount), counterAccountId: to } },
  { entityId: to, event: 'FundsTransferred', data: { amount, posting: amount, counterAccountId: from } },
]

/** Refused when the limit would be passed, as a decider would. */
export const transfer = (from: EntityId, to: EntityId, amount: Decimal, rest: Rest = {}): Work<Reply> =>
  work({
    entities: [from, to],
    decide(view) {
      const [source, target] = [money(view.entity(from)), money(view.entity(to))]
      if (!source || !target) return 'not_found'
      if (source.limit !== null && compare(subtract(source.available, amount), source.limit) < 0) return 'insufficient_funds'
      return transferred(from, to, amount)
    },
    ...rest,
  })
