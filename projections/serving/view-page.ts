// A page of a view's documents as they are shown: the same bytes whichever sink they come from.
import canonicalize from 'canonicalize'
import type { JsonObject } from '../../ledger/json.ts'
import { fillPage, type Part } from '../../ledger/page.ts'
import type { Projection } from '../projection.ts'
import type { View, ViewDocument } from '../sinks/sink.ts'
import { viewTotal } from './view-total.ts'
import { decodeViewCursor, encodeViewCursor } from './view-cursor.ts'

export interface ViewAsked {
  readonly sink: string
  readonly filters: Readonly<Record<string, string>>
  readonly key?: string | undefined
  /** For the view's own parameter. */
  readonly given?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface ShownPage {
  readonly data: readonly ViewDocument[]
  readonly hasMore: boolean
  /** The cursor of the next page, where there is more. */
  readonly next: string | null
  /** Over all documents that match, where one owner is asked for. */
  readonly total?: JsonObject
}

/** Members in the order of their names: sinks keep them in orders of their own. */
const inOrder = (shown: object): JsonObject => JSON.parse(canonicalize(shown) ?? 'null') as JsonObject

/** The document as it is shown; `given`: for the view's own parameter. */
export const shownDocument = ({ show, parameter }: Projection, document: JsonObject, given?: string): JsonObject =>
  inOrder({ ...show(document), ...(given !== undefined && parameter?.show(document, given)) })

interface Shown {
  readonly key: string
  readonly kept: JsonObject
  readonly state: JsonObject
  readonly seen: ViewDocument['seen']
}

/** Throws InvalidRequest (a foreign cursor), and what the sink throws. */
export async function viewPage(
  view: View,
  projection: Projection,
  { sink, filters, key, given, limit, cursor }: ViewAsked,
): Promise<ShownPage> {
  const asked = { '=view': projection.name, '=sink': sink, '=key': key, '=given': given, ...filters }
  const from = cursor === undefined ? undefined : decodeViewCursor(asked, cursor)
  const { items, last } = await fillPage(limit, async (part, before: Part<Shown> | undefined): Promise<Part<Shown>> => {
    const { documents, hasMore } = await view.read({ filters, key, after: before?.items.at(-1)?.key ?? from, limit: part })
    return {
      items: documents.map(({ key: own, document, seen }) => ({
        key: own,
        kept: document,
        state: shownDocument(projection, document, given),
        seen,
      })),
      hasMore,
    }
  })
  const end = last.items.at(-1)
  const whole = cursor === undefined && !last.hasMore ? items.map(({ kept }) => kept) : undefined
  const total = filters['owner'] === undefined ? undefined : await viewTotal(view, projection, { filters, key }, whole)
  return {
    data: items.map(({ key: own, state, seen }) => ({ key: own, document: state, seen })),
    hasMore: last.hasMore,
    next: last.hasMore && end ? encodeViewCursor(asked, end.key) : null,
    ...(total && { total: inOrder(total) }),
  }
}
