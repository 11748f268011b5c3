// Checks one entity after the other, row by row in the order of versions: folds its events again and compares every stored state. Pure, and holds no more than one state.
import { kindNamed } from '../../ledger/entities/index.ts'
import { isEntityId, kindOf } from '../../ledger/entity-id.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { Kind } from '../../ledger/kind.ts'
import { partitionOf } from '../../ledger/partition.ts'
import { upcast, type Shape } from '../../ledger/upcast.ts'
import { diff } from '../diff.ts'
import { accountCheck, type AccountCheck } from './account-check.ts'
import type { Check, Difference } from './difference.ts'
import type { EntityRow } from './entity-row.ts'
import { asStored, equalJson } from './equal.ts'

export interface EntityCheck {
  row(row: EntityRow): void
  /** After the last row. */
  end(): void
  readonly entities: number
  readonly versions: number
  readonly postings: number
}

/** Versions from `from` to `to` whose states do not come from their events, for one reason. */
interface Divergence {
  readonly from: EntityRow
  readonly detail: string
  to: number
}

const MOST_CHANGES_TOLD = 5
const MOST_CHARACTERS_TOLD = 200

export function entityCheck(partition: number, partitions: number, found: (difference: Difference) => void): EntityCheck {
  let kind: Kind | undefined
  let before: EntityRow | undefined
  /** What the events so far come to. */
  let folded: object | undefined
  /** The state stored before, in today's shape. */
  let stored: JsonObject | undefined
  let divergence: Divergence | undefined
  let account: AccountCheck | undefined
  let entities = 0
  let versions = 0
  let postings = 0

  const tell = (check: Check, { entity_id, version, position }: EntityRow, detail: string): void =>
    found({ check, entityId: entity_id, version, partition, position, detail })

  function begin(row: EntityRow): void {
    end()
    entities++
    folded = stored = before = undefined
    kind = kindNamed(kindOf(row.entity_id))
    account = kind?.kind === 'account' ? accountCheck() : undefined
    const right = partitionOf(row.entity_id, partitions)
    if (right !== partition) tell('partition', row, `stands in partition ${partition}; its owner's is ${right}`)
    if (!isEntityId(row.entity_id)) tell('kind', row, 'its id is not an entity id')
    else if (kind === undefined) tell('kind', row, `there is no kind ${kindOf(row.entity_id)}: its events can not be folded`)
    if (row.version !== 1) tell('versions', row, `its first version is ${row.version}: ${missing(1, row.version - 1)}`)
  }

  function follow(row: EntityRow, last: EntityRow): boolean {
    if (row.version === last.version) tell('versions', row, `version ${row.version} is there twice`)
    else if (row.version !== last.version + 1) tell('versions', row, missing(last.version + 1, row.version - 1))
    if (row.position <= last.position)
      tell('positions', row, `its position ${row.position} is not above ${last.position}, that of version ${last.version}`)
    if (row.recorded_at < last.recorded_at)
      tell('recorded_at', row, `is recorded at ${row.recorded_at}, before version ${last.version} (${last.recorded_at})`)
    return row.version === last.version + 1
  }

  function fold(row: EntityRow, known: Kind, dense: boolean): void {
    try {
      const event = upcast(known, row.schema_version, row)
      if (!Object.hasOwn(known.events, event.event)) tell('event', row, `a ${known.kind} has no event ${event.event}`)
      if (account?.(row, event, dense, (check, detail) => tell(check, row, detail))) postings++
      // After a gap nothing can be folded: what stands there is taken as it is.
      const next = dense ? attempt(() => known.evolve(folded, event)) : event.state
      compare(row, known, event, next)
      folded = next instanceof Error ? event.state : next
      stored = event.state
    } catch (error) {
      diverge(row, String(error instanceof Error ? error.message : error))
      folded = stored = row.state
    }
  }

  function compare(row: EntityRow, known: Kind, event: Shape, next: object): void {
    if (isStored(next, event.state)) return closeDivergence()
    // One wrong event shows in every state after it: told once, as long as each state follows from the one stored before.
    if (
      divergence &&
      stored &&
      isStored(
        attempt(() => known.evolve(stored, event)),
        event.state,
      )
    )
      divergence.to = row.version
    else
      diverge(
        row,
        next instanceof Error ? `its event can not be folded: ${next.message}` : difference(event.state, asStored(next) as JsonObject),
      )
  }

  function diverge(row: EntityRow, detail: string): void {
    closeDivergence()
    divergence = { from: row, detail, to: row.version }
  }

  function closeDivergence(): void {
    if (!divergence) return
    const { from, to, detail } = divergence
    tell('state', from, to === from.version ? detail : `${detail}; it shows up to version ${to}`)
    divergence = undefined
  }

  function end(): void {
    closeDivergence()
  }

  return {
    row(row) {
      const first = before?.entity_id !== row.entity_id
      if (first) begin(row)
      const dense = before === undefined ? row.version === 1 : follow(row, before)
      if (row.kind !== kindOf(row.entity_id)) tell('kind', row, `its kind is ${row.kind}; its id says ${kindOf(row.entity_id)}`)
      if (row.latest && row.followed) tell('latest', row, 'is marked latest, but is not the newest')
      if (!row.latest && !row.followed) tell('latest', row, 'is the newest, but not marked latest')
      if (kind) fold(row, kind, dense)
      before = row
      versions++
    },
    end,
    get entities() {
      return entities
    },
    get versions() {
      return versions
    },
    get postings() {
      return postings
    },
  }
}

/** Events that were damaged may be of any shape. */
function attempt(work: () => object): object {
  try {
    return work()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

const isStored = (folded: object, stored: JsonObject): boolean =>
  !(folded instanceof Error) && (equalJson(folded, stored) || equalJson(asStored(folded), stored))

const missing = (from: number, to: number): string => (from === to ? `version ${from} is missing` : `versions ${from} to ${to} are missing`)

const short = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= MOST_CHARACTERS_TOLD ? text : `${text.slice(0, MOST_CHARACTERS_TOLD)}…`
}

function difference(stored: JsonObject, folded: JsonObject): string {
  const changes = diff(stored, folded)
  const told = changes
    .slice(0, MOST_CHANGES_TOLD)
    .map(({ path, before, after }) => `${path} is ${short(before)}, its events give ${short(after)}`)
  return `${told.join('; ')}${changes.length > told.length ? `; and ${changes.length - told.length} more` : ''}`
}
