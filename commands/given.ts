// Given, when, then, for deciders: a ledger in memory, small and slow, that says what a command's decision does to what came before. It holds every decision to the promises that all of them make:
// the entity named first comes first, a refusal has a code that the command declares, each version's data and state have the shapes their kind declares, what is postings sums to zero.
import assert from 'node:assert/strict'
import { add } from '../ledger/decimal.ts'
import { kindNamed } from '../ledger/entities/index.ts'
import { kindOf, type EntityId } from '../ledger/entity-id.ts'
import type { Instant } from '../ledger/instant.ts'
import type { JsonObject } from '../ledger/json.ts'
import type { Kind } from '../ledger/kind.ts'
import type { Decision, Known, Lookup, NewVersion } from './command.ts'
import { commandNamed } from './registry.ts'

/** Name, entity, data as they would come in the bulk form, and when it holds. */
export type Command = readonly [name: string, entityId: EntityId, data?: object, effectiveAt?: Instant | undefined]

interface Entry extends Known {
  readonly versions: readonly NewVersion[]
}

export type Book = ReadonlyMap<EntityId, Entry>

export const NOON: Instant = '2026-01-01T12:00:00.000000Z'

const absent = (entityId: EntityId): Entry => ({ entityId, version: 0, state: undefined, effectiveFrom: undefined, versions: [] })

const kindOfId = (id: EntityId): Kind => {
  const kind = kindNamed(kindOf(id))
  assert.ok(kind, `${id} is of no kind`)
  return kind
}

/** What is decided on a command, and which other entities were looked at for it. */
export function decide(
  book: Book,
  [name, entityId, data = {}, effectiveAt = NOON]: Command,
): { readonly decision: Decision; readonly lookedUp: readonly EntityId[] } {
  const command = commandNamed(name)
  assert.ok(command, `${name} is no command`)
  const lookedUp: EntityId[] = []
  const lookup: Lookup = <State extends object>(id: EntityId) => {
    if (id !== entityId) lookedUp.push(id)
    return (book.get(id) ?? absent(id)) as Known<State>
  }
  const asked = { entityId, data: command.data.parse(JSON.parse(JSON.stringify(data))), effectiveAt }
  const state = book.get(entityId)?.state
  assert.equal(state === undefined, command.creates !== undefined, `${name} of ${entityId}, which is ${state ? 'there' : 'not there'}`)
  const decision = command.decide(state, asked, lookup)
  if ('reject' in decision)
    assert.ok(
      command.rejections?.includes(decision.reject.code),
      `${name} is refused with ${decision.reject.code}, which it does not declare`,
    )
  return { decision, lookedUp: [...new Set(lookedUp)] }
}

function appended(book: Book, version: NewVersion, effectiveAt: Instant): Book {
  const { entityId, event, data } = version
  const kind = kindOfId(entityId)
  const shape = kind.events[event]
  assert.ok(shape, `${event} is no event of a ${kind.kind}`)
  assert.deepEqual(shape.parse(data), data, `data of ${event}`)
  const entry = book.get(entityId) ?? absent(entityId)
  const state = kind.evolve(entry.state, { event, data })
  assert.deepEqual(kind.state.parse(state), state, `state of ${entityId}`)
  const versions = [...entry.versions, version]
  return new Map(book).set(entityId, {
    ...entry,
    version: versions.length,
    state,
    effectiveFrom: entry.effectiveFrom ?? version.effectiveAt ?? effectiveAt,
    versions,
  })
}

const postingOf = ({ data }: NewVersion): string => (typeof data['posting'] === 'string' ? data['posting'] : '0')

/** The ledger after a command; one that is refused is a mistake of the test. */
export function after(book: Book, command: Command): Book {
  const [name, entityId, , effectiveAt = NOON] = command
  const { decision } = decide(book, command)
  assert.ok('append' in decision, `${name} of ${entityId}: ${JSON.stringify(decision)}`)
  if (decision.append.length > 0) assert.equal(decision.append[0]?.entityId, entityId, 'the entity named first comes first')
  assert.equal(decision.append.map(postingOf).reduce(add, '0'), '0', 'postings sum to zero')
  return decision.append.reduce((next, version) => appended(next, version, effectiveAt), book)
}

export const given = (...commands: readonly Command[]): Book => commands.reduce(after, new Map())

export const also = (book: Book, ...commands: readonly Command[]): Book => commands.reduce(after, book)

/** The versions that a command appends: entity, event and data of each. */
export function appends(book: Book, command: Command): readonly (readonly [EntityId, string, JsonObject])[] {
  const { decision } = decide(book, command)
  assert.ok('append' in decision, JSON.stringify(decision))
  return decision.append.map(({ entityId, event, data }) => [entityId, event, data])
}

/** The code a command is refused with. */
export function refusal(book: Book, command: Command): string {
  const { decision } = decide(book, command)
  assert.ok('reject' in decision, JSON.stringify(decision))
  return decision.reject.code
}

export function missing(book: Book, command: Command): EntityId {
  const { decision } = decide(book, command)
  assert.ok('missing' in decision, JSON.stringify(decision))
  return decision.missing
}

export function stateOf<State extends object>(book: Book, id: EntityId): State {
  const state = book.get(id)?.state
  assert.ok(state, `${id} is not there`)
  return state as State
}
