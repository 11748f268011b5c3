// One entity, as it is or as it was: latest, by version, as of a recorded time, an effective time, or both; with the question it answers.
import type { EntityId } from '../ledger/entity-id.ts'
import { NotFound } from '../ledger/failure.ts'
import type { Ledger } from '../ledger/index.ts'
import type { Instant } from '../ledger/instant.ts'
import type { CurrentRecord, VersionRecord } from '../ledger/record.ts'

export interface Question {
  readonly version?: number | undefined
  /** As known by then. */
  readonly asOf?: Instant | undefined
  /** As holding then. */
  readonly effectiveAsOf?: Instant | undefined
}

export interface Asked {
  readonly version?: number
  readonly asOf?: Instant
  readonly effectiveAsOf?: Instant
}

/** `latest` stands in answers about now only: it would change, and what was must not. */
export type Shown = (CurrentRecord | VersionRecord) & { readonly asked?: Asked }

/** Throws NotFound, InTheFuture. A version together with a time is not a question. */
export async function show(ledger: Ledger, id: EntityId, { version, asOf, effectiveAsOf }: Question): Promise<Shown> {
  if (version !== undefined) {
    return { ...there(await ledger.read.version(id, version), id, `${id} has no version ${version}`), asked: { version } }
  }
  if (effectiveAsOf !== undefined) {
    const { record, asOf: knownBy } = await ledger.read.effective(id, { asOf, effectiveAsOf })
    return {
      ...there(record, id, `${id} was not there at ${effectiveAsOf}, as known by ${knownBy}`),
      asked: { asOf: knownBy, effectiveAsOf },
    }
  }
  if (asOf !== undefined) return { ...there(await ledger.read.asOf(id, asOf), id, `${id} was not there at ${asOf}`), asked: { asOf } }
  return there(await ledger.read.latest(id), id, `there is no ${id}`)
}

function there<Found>(found: Found | undefined, id: EntityId, otherwise: string): Found {
  if (found === undefined) throw new NotFound(otherwise, id)
  return found
}
