// What the ledger knows of a kind of entity: its shapes, how an event changes a state, how old shapes become today's. Pure data and pure functions; entities/ has one file per kind.
import type { z } from 'zod'
import type { JsonObject } from './json.ts'

/** What happened: its name in the past tense, and what changed. */
export interface LedgerEvent {
  readonly event: string
  readonly data: JsonObject
}

/** From one schema version's shapes to the next one's. What is left out stays as it is. */
export interface Upcaster {
  readonly event?: (event: LedgerEvent) => LedgerEvent
  readonly state?: (state: JsonObject) => JsonObject
}

export interface Kind<State extends object = object> {
  /** `[a-z][a-z0-9]*`: the first part of every id of this kind. */
  readonly kind: string
  /** Plural: the kind's collection in routes (`/v1/trades`) and its typed view (`ledger.trades`). */
  readonly plural: string
  /** Version of today's shapes, from 1. */
  readonly schemaVersion: number
  /** upcasters[n] lifts shapes of version n to n + 1, for every n below schemaVersion. */
  readonly upcasters: Readonly<Record<number, Upcaster>>
  readonly state: z.ZodType<State>
  /** A schema per event: the shape of its data. */
  readonly events: Readonly<Record<string, z.ZodType>>
  /** The state after an event; total: it never throws, in whatever order events come, once the first version (the creating event, state undefined) has been folded. */
  readonly evolve: (state: State | undefined, event: LedgerEvent) => State
  /** Fields of the state that lists can be filtered by, in strings compared for equality. */
  readonly filters: readonly (keyof State & string)[]
  /** Checks on the kind's own rows and its typed view, beside the kind's file; applied by migrate after schema.sql, may be applied again. */
  readonly sql?: URL
  /** An id, for descriptions; one of the sample data. */
  readonly example?: string
}
