// The versions of an entity, oldest first, by pages.
import type { EntityId } from '../ledger/entity-id.ts'
import { NotFound } from '../ledger/failure.ts'
import type { Ledger } from '../ledger/index.ts'
import { fillPage, PART_ITEMS, type Part } from '../ledger/page.ts'
import type { CurrentRecord } from '../ledger/record.ts'

export interface HistoryPage {
  readonly versions: readonly CurrentRecord[]
  readonly hasMore: boolean
  /** The last version shown, or where the page began. */
  readonly next: number
}

type HistoryPart = Part<CurrentRecord> & { readonly next: number }

/** Versions after a given one. Throws NotFound where there is no such entity. */
export async function historyPage(ledger: Ledger, id: EntityId, after: number, limit: number): Promise<HistoryPage> {
  const { items: versions, last } = await fillPage(limit, async (part, before: HistoryPart | undefined): Promise<HistoryPart> => {
    const from = before?.next ?? after
    const found = await ledger.read.history(id, from, part + 1)
    const items = found.slice(0, part)
    return { items, hasMore: found.length > part, next: items.at(-1)?.version ?? from }
  })
  if (versions.length === 0 && (after === 0 || !(await ledger.read.latest(id)))) throw new NotFound(`there is no ${id}`, id)
  return { versions, hasMore: last.hasMore, next: last.next }
}

/** Every version, from page to page. */
export async function* history(ledger: Ledger, id: EntityId, pageSize = PART_ITEMS): AsyncGenerator<CurrentRecord, void, undefined> {
  for (let after = 0, hasMore = true; hasMore;) {
    const page = await historyPage(ledger, id, after, pageSize)
    yield* page.versions
    after = page.next
    hasMore = page.hasMore
  }
}
