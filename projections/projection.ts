// A projection: how versions become the documents of a view. Pure and typed: the same definition runs on every sink, and in memory.
import type { z } from 'zod'
import type { StateOf } from '../ledger/entities/index.ts'
import type { JsonObject } from '../ledger/json.ts'
import type { VersionRecord } from '../ledger/record.ts'
import { isReserved } from './reserved-words.ts'

/** A version of one of these kinds. */
export type RecordOf<Kind extends string> = Kind extends string
  ? VersionRecord & { readonly kind: Kind; readonly state: StateOf<Kind> }
  : never

/** By which member documents are spread over several machines. The key tells it, so it never changes, and is known of a document that is no more as well. */
export interface SpreadBy<Member extends string = string> {
  readonly member: Member
  readonly of: (key: string) => string
}

/** A query parameter of a view's own, and the members that it adds to a document that is shown. */
export interface ViewParameter<Document> {
  readonly name: string
  readonly description: string
  readonly schema: z.ZodType<string>
  /** The filter without which it makes no sense. */
  readonly needs: string
  readonly show: (document: Document, given: string) => object
}

/** Figures over several documents. */
export interface Total<Document> {
  readonly of: (documents: readonly Document[]) => object
  readonly shown: z.ZodType
}

/** What a sink that keeps tables makes of a member: text; an exact decimal of 38 digits, 18 of them after the point; a whole number; true or false; an instant, to the microsecond; a day; anything. */
export type ColumnType = 'text' | 'decimal' | 'integer' | 'boolean' | 'instant' | 'date' | 'json'
/** By member, in the order in which they are shown. A table calls them in small letters with _ between words. */
export type Columns<Member extends string = string> = Readonly<Record<Member, ColumnType>>

/** By what rows lie together, where a sink can have it so: a member, or the day of one that is an instant. */
export type ClusterKey<Member extends string = string> = Member | { readonly dayOf: Member }

/** What is known when a version was applied. */
export interface Applied<Document, Memory> {
  /** What was remembered before it. */
  readonly before: Memory | undefined
  /** The version's document after it, or as a later version has left it: what is remembered is written after it. */
  readonly document: Document | undefined
}

export interface ProjectionDefinition<Kind extends string, Document extends object, Memory extends object> {
  /** The view's name: `[a-z][a-z0-9_]*`, of at most 40 characters. Also that of its table or collection. */
  readonly name: string
  /** Of what `apply` makes, from 1. Raised whenever the same versions come to other documents: the view is then built anew. */
  readonly version: number
  readonly summary: string
  /** Kinds whose versions it reads. */
  readonly kinds: readonly Kind[]
  /** The document that a version belongs to; undefined: none. All that belong to one document are of one owner, and so of one partition. */
  readonly key: (record: RecordOf<Kind>) => string | undefined
  /** What has to be known to tell what the next version changes; null: nothing any more. Kept beside the view. Asked for every version that has a key. */
  readonly remember?: (record: RecordOf<Kind>, applied: Applied<Document, Memory>) => Memory | null
  /** Of what it is remembered, of one owner; default: `ofEntity`. */
  readonly memoryKey?: (record: RecordOf<Kind>) => string
  /** Its document comes from a version alone: `apply` is given none. */
  readonly standalone?: boolean
  /** Whether a version is its document's first, so that sinks need not look for it; false where that is not certain. Default: of a view whose key is `ofEntity`, whether it is the entity's first. */
  readonly isNew?: (record: RecordOf<Kind>) => boolean
  /** The document after a version; null: there is none any more. `before`: what was remembered. */
  readonly apply: (document: Document | undefined, record: RecordOf<Kind>, before: Memory | undefined) => Document | null
  /** The document as it is shown, where that is not as it is kept: what is divided, is divided here. */
  readonly show?: (document: Document) => object
  readonly parameter?: ViewParameter<Document>
  /** Over all that an owner has. */
  readonly total?: Total<Document>
  /** The shape of a document as it is shown. */
  readonly shown: z.ZodType
  /** Members of the kept document, with text in them, that readers filter by: each has an index in every sink. `owner` is always one of them. */
  readonly filters: readonly (keyof Document & string)[]
  /** The shard key, where the sink is spread over several machines: this member, then the document's key. */
  readonly spreadBy: SpreadBy<keyof Document & string>
  /** Every member of the kept document, which then has no others, and none that is null: sinks that keep tables have a column of each. Without it, they keep the document as JSON. */
  readonly columns?: Columns<keyof Document & string>
  readonly clusterBy?: readonly ClusterKey<keyof Document & string>[]
}

/** A projection whose own types are no longer known: what the runner and the sinks work with. */
export interface Projection {
  readonly name: string
  readonly version: number
  readonly summary: string
  readonly kinds: readonly string[]
  readonly key: (record: VersionRecord) => string | undefined
  readonly remember: ((record: VersionRecord, applied: Applied<JsonObject, JsonObject>) => JsonObject | null) | undefined
  readonly memoryKey: (record: VersionRecord) => string
  readonly standalone?: boolean
  readonly isNew: (record: VersionRecord) => boolean
  readonly apply: (document: JsonObject | undefined, record: VersionRecord, before: JsonObject | undefined) => JsonObject | null
  readonly show: (document: JsonObject) => JsonObject
  readonly parameter?: ViewParameter<JsonObject>
  readonly total?: Total<JsonObject>
  readonly shown: z.ZodType
  readonly filters: readonly string[]
  readonly spreadBy: SpreadBy
  readonly columns?: Columns
  readonly clusterBy?: readonly ClusterKey[]
}

/** The key of what each entity has one of. */
export const ofEntity = ({ entityId }: Pick<VersionRecord, 'entityId'>): string => entityId
export const isFirstOfEntity = ({ version }: Pick<VersionRecord, 'version'>): boolean => version === 1

export const MAX_PROJECTION_NAME_CHARACTERS = 40
const NAME = new RegExp(`^[a-z][a-z0-9_]{0,${MAX_PROJECTION_NAME_CHARACTERS - 1}}$`)

/** Throws TypeError where the definition can not work. The framework keeps the promise behind the casts: a projection only ever gets versions of its kinds, and documents that it made. */
export function defineProjection<Kind extends string, Document extends object, Memory extends object = object>(
  definition: ProjectionDefinition<Kind, Document, Memory>,
): Projection {
  const { name, version, filters } = definition
  if (!NAME.test(name) || name.includes('__'))
    throw new TypeError(
      `a view's name is a letter, then letters, digits and single _, at most ${MAX_PROJECTION_NAME_CHARACTERS}, all small: not ${name}`,
    )
  if (!Number.isSafeInteger(version) || version < 1) throw new TypeError(`the version of ${name} must be a whole number from 1`)
  if (!(filters as readonly string[]).includes('owner'))
    throw new TypeError(`${name} must have the filter owner: who may see a document is told by it`)
  const reserved = Object.keys(definition.columns ?? {}).find(isReserved)
  if (reserved !== undefined)
    throw new TypeError(`${name} has a column ${reserved}, a word that SQL has for itself: call the member something else`)
  const defaults: Partial<Projection> = {
    remember: undefined,
    memoryKey: ofEntity,
    isNew: definition.key === ofEntity ? isFirstOfEntity : () => false,
    show: (document) => document,
  }
  return { ...defaults, ...definition } as unknown as Projection
}
