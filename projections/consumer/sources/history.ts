// Versions of one entity, from the ledger's history of it: for repair. With tokens, that needs the scope `audit`.
import type { FetchVersions } from '../repair.ts'
import { recordOf } from '../record.ts'
import { askJson, type LedgerAddress } from './ledger.ts'

const PAGE_VERSIONS = 1_000

interface HistoryPage {
  readonly versions: readonly unknown[]
  readonly hasMore: boolean
  readonly next: number
}

export const ledgerHistory = (address: LedgerAddress, signal: AbortSignal = new AbortController().signal): FetchVersions =>
  async function* ({ entityId, from, to }) {
    for (let after = from - 1, hasMore = true; hasMore && after < to;) {
      const limit = Math.min(PAGE_VERSIONS, to - after)
      const page = await askJson<HistoryPage>(address, `/entities/${encodeURIComponent(entityId)}/history`, { after, limit }, signal)
      yield page.versions.map(recordOf)
      after = page.next
      hasMore = page.hasMore
    }
  }
