// A page of a kind's list: latest records, or with an owner records as they were. A cursor belongs to what was asked, and carries on as of the same instant.
import type { Ledger } from '../ledger/index.ts'
import type { Instant } from '../ledger/instant.ts'
import { decodeListCursor, encodeListCursor } from '../ledger/list-cursor.ts'
import type { Page } from '../ledger/list.ts'
import { fillPage } from '../ledger/page.ts'
import type { VersionRecord } from '../ledger/record.ts'
import type { Asked } from './show.ts'

export interface ListAsked {
  readonly kind: string
  readonly owner?: string | undefined
  readonly filters: Readonly<Record<string, string>>
  readonly asOf?: Instant | undefined
  readonly effectiveAsOf?: Instant | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface ListPage {
  readonly data: readonly VersionRecord[]
  readonly hasMore: boolean
  /** The cursor of the next page, where there is more. */
  readonly next: string | null
  readonly asked?: Asked
}

/** Throws InvalidRequest (a foreign cursor), InTheFuture. A time is asked with an owner only. */
export async function listPage(ledger: Ledger, asked: ListAsked): Promise<ListPage> {
  const { kind, owner, filters, limit, effectiveAsOf } = asked
  const names = { kind, owner, asOf: asked.asOf, effectiveAsOf, ...prefixed(filters) }
  const cursor = asked.cursor === undefined ? undefined : decodeListCursor(names, asked.cursor)
  const question = { kind, owner, filters }
  const next = (last: Page<VersionRecord>, knownBy?: Instant): string | null =>
    last.hasMore && last.last !== undefined ? encodeListCursor(names, { below: last.last, asOf: knownBy }) : null

  if (owner === undefined || (asked.asOf === undefined && effectiveAsOf === undefined)) {
    const { items, last } = await fillPage(limit, (part, before: Page<VersionRecord> | undefined) =>
      ledger.list.latest({ ...question, limit: part, below: before?.last ?? cursor?.below }),
    )
    return { data: items, hasMore: last.hasMore, next: next(last) }
  }
  // In one part: what is cheap to page by id is not by effective time, where each part folds anew.
  const page = await ledger.list.asOf({ ...question, owner, limit, below: cursor?.below, asOf: cursor?.asOf ?? asked.asOf, effectiveAsOf })
  return {
    data: page.items,
    hasMore: page.hasMore,
    next: next(page, page.asOf),
    asked: { asOf: page.asOf, ...(effectiveAsOf === undefined ? {} : { effectiveAsOf }) },
  }
}

/** A kind may have a filter called like one of the list's own parameters. */
const prefixed = (filters: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(filters).map(([name, value]) => [`=${name}`, value]))
