// What the way in knows of a command: its name, its route, the shape of its data, and its decider. One entry per command in registry.ts; deciders are pure.
import type { z } from 'zod'
import type { EntityId } from '../ledger/entity-id.ts'
import type { Instant } from '../ledger/instant.ts'
import type { Known, NewVersion } from '../ledger/known.ts'
import type { RejectionCode } from './rejection.ts'

export type { Known, NewVersion }

/** What was asked, of the entity named first. */
export interface Asked<Data> {
  readonly entityId: EntityId
  readonly data: Data
  /** When it holds. Undefined: from when it is recorded. */
  readonly effectiveAt: Instant | undefined
}

/** A "no" that is part of the domain: a value, not an exception. */
export interface Rejection {
  readonly code: RejectionCode
  readonly detail: string
  /** JSON pointer to the member of the data that is to blame, where there is one. */
  readonly pointer?: string
  /** The entity beside the one named first whose state the detail tells of: only for who may see that. */
  readonly about?: EntityId
}

/** The versions to append, first that of the entity named first; none where the command changes nothing. Or a rejection. Or the id of another entity that is named but is not there (404). */
export type Decision = { readonly append: readonly NewVersion[] } | { readonly reject: Rejection } | { readonly missing: EntityId }

/** Looks another entity up. What a decision has looked at is verified when it is appended. */
export type Lookup = <State extends object>(id: EntityId) => Known<State>

export interface CommandDefinition<State extends object = object, Data extends object = object> {
  /** Imperative: `SubmitTrade`. */
  readonly name: string
  readonly kind: string
  /** Under /v1; `{id}` is the entity's id, any other `{name}` stands in the data. */
  readonly route: string
  /** A creating command: the body names `owner` and, if it likes, the local part in this member. */
  readonly creates?: { readonly local: string }
  /** The member of the body that names the entity, where the route has no {id} and nothing is created. */
  readonly entityIn?: string
  /** Members of the data that name other entities: their partitions are taken and their states read together with the first one's. */
  readonly alsoNames?: readonly string[]
  /** Whether it changes what another owner has, in another way than by paying: then it takes the scope submit:any. Told from what was asked alone. */
  readonly reachesOthers?: (asked: { readonly entityId: EntityId; readonly data: Data }) => boolean
  /** It pays other owners, which whoever pays may do. No other command appends to another owner's entities without submit:any. */
  readonly paysOthers?: true
  /** The data in the bulk form: without what stands for the entity's id, and without effectiveAt. Strict; comes out canonical. */
  readonly data: z.ZodType<Data>
  /** What it asks, in a few words. */
  readonly summary?: string
  /** Data that it could have, in the bulk form. */
  readonly example?: object
  /** Every code that it can be refused with, by its decider or by the database in its stead. */
  readonly rejections?: readonly RejectionCode[]
  /** `state` is that of the entity named first: undefined for a creating command, else what is there. Pure: no clock, no database, no randomness. */
  readonly decide: (state: State | undefined, asked: Asked<Data>, lookup: Lookup) => Decision
}
