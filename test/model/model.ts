// What a whole ledger answers, in memory: keys, existence, preconditions, then the domain; and what every entity was at any time.
import { accountCommands, showAccount, type RawAccount } from './account.ts'
import { effective, type Book, type Command, type ModelEntity, type Outcome, type Raw } from './book.ts'
import { showTicket, type RawTicket } from './ticket.ts'
import { showTrade, tradeCommands, type RawTrade } from './trade.ts'
import { ticketCommands } from './ticket.ts'

export interface ModelAnswer {
  readonly status: number
  readonly code?: string
  /** `entity@version state` of each version. */
  readonly versions?: readonly ModelShown[]
  readonly replayed?: true
}

export interface ModelShown {
  readonly entityId: string
  readonly version: number
  readonly state: object
}

export interface Model {
  readonly book: Book
  /** What the ledger should answer; it then counts as applied. */
  answer(command: Command): ModelAnswer
  /** The ledger has told when it was recorded. */
  recorded(versions: readonly ModelShown[], recordedAt: string): void
  /** Null: nothing there yet. */
  stateAt(entityId: string, knownBy: string, holding?: string): object | null
}

const commands = { ...accountCommands, ...tradeCommands, ...ticketCommands }
const creating = new Set(['OpenAccount', 'SubmitTrade', 'OpenTicket'])
/** Later than every time that is asked about, until the ledger has told. */
const NOT_YET = '9'

export function show(entityId: string, raw: Raw): object {
  const [kind] = entityId.split(':')
  return kind === 'account' ? showAccount(raw as RawAccount) : kind === 'trade' ? showTrade(raw as RawTrade) : showTicket(raw as RawTicket)
}

export function model(): Model {
  const book: Book = new Map()
  const keys = new Map<string, { readonly asked: string; readonly answer: ModelAnswer }>()

  function outcomeOf(command: Command): Outcome {
    const version = book.get(command.entityId)?.versions.length ?? 0
    const creates = creating.has(command.command)
    if (!creates && version === 0) return { status: 404, code: 'not_found' }
    if (command.expectedVersion !== undefined && command.expectedVersion !== version) return { status: 412, code: 'precondition_failed' }
    if (creates && version > 0) return { status: 409, code: 'already_exists' }
    return commands[command.command]?.(book, command) ?? { status: 500, code: 'unknown to the model' }
  }

  function apply(command: Command, outcome: Outcome): ModelAnswer {
    if ('status' in outcome) return outcome
    const before = new Map(book)
    const versions = outcome.changes.map(({ entityId, change, effectiveAt = command.effectiveAt }): ModelShown => {
      const was = book.get(entityId)
      const raw = change(was?.raw)
      book.set(entityId, { raw, versions: [...(was?.versions ?? []), { change, effectiveAt, recordedAt: NOT_YET }] })
      return { entityId, version: (was?.versions.length ?? 0) + 1, state: show(entityId, raw) }
    })
    if (!command.dryRun) return { status: versions[0]?.version === 1 ? 201 : 200, versions }
    book.clear()
    for (const [id, entity] of before) book.set(id, entity)
    return { status: 200, versions }
  }

  function answer(command: Command): ModelAnswer {
    const { commandId, dryRun, command: name, entityId, data, effectiveAt } = command
    const key = commandId === undefined || dryRun ? undefined : `${entityId.split(':')[1]} ${commandId}`
    const asked = JSON.stringify({ name, entityId, data, effectiveAt })
    const earlier = key === undefined ? undefined : keys.get(key)
    if (earlier) return earlier.asked === asked ? { ...earlier.answer, replayed: true } : { status: 422, code: 'idempotency_key_reused' }
    const given = apply(command, outcomeOf(command))
    if (key !== undefined && given.versions !== undefined && given.versions.length > 0) keys.set(key, { asked, answer: given })
    return given
  }

  return {
    book,
    answer,
    recorded(versions, recordedAt) {
      for (const { entityId, version } of versions) {
        const recorded = book.get(entityId)?.versions[version - 1]
        if (recorded) recorded.recordedAt = recordedAt
      }
    },
    stateAt(entityId, knownBy, holding) {
      const entity = book.get(entityId)
      if (entity === undefined) return null
      const raw = holding === undefined ? knownAt(entity, knownBy) : effective(entity, knownBy, holding)
      return raw === undefined ? null : show(entityId, raw)
    },
  }
}

const knownAt = ({ versions }: ModelEntity, knownBy: string): Raw | undefined =>
  versions.filter(({ recordedAt }) => recordedAt <= knownBy).reduce<Raw | undefined>((raw, { change }) => change(raw), undefined)
