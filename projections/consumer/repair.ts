// Repair: what did not come though later versions did is fetched from the ledger and taken like any delivery.
import { Hopeless } from './failure.ts'
import type { VersionRecord } from './record.ts'
import type { Span } from './store.ts'
import { MAX_STEP_RECORDS, take, takeLeft, type Consumer } from './take.ts'

/** Gaps looked up at a time. */
const GAPS_AT_A_TIME = 1_000

/** Gives the versions of the span, in pages. */
export type FetchVersions = (span: Span) => AsyncIterable<readonly VersionRecord[]>

/** Until there are no gaps; gives how many versions were fetched. A version that is missing at the end of an entity leaves no gap: only reading the feed again finds it. */
export async function repair<Transaction>(consumer: Consumer<Transaction>, fetchVersions: FetchVersions): Promise<number> {
  for (let fetched = 0; ;) {
    await takeLeft(consumer)
    const gaps = await consumer.store.gaps(GAPS_AT_A_TIME)
    if (gaps.length === 0) return fetched
    let records: VersionRecord[] = []
    for (const gap of gaps) {
      let here = 0
      for await (const page of fetchVersions(gap)) {
        records.push(...page)
        here += page.length
        if (records.length < MAX_STEP_RECORDS) continue
        await take(consumer, { records })
        records = []
      }
      if (here < gap.to - gap.from + 1) {
        await take(consumer, { records })
        throw new Hopeless(
          `the ledger lacks versions of ${gap.entityId} from ${gap.from} to ${gap.to}, too: is it the one that the others came from?`,
        )
      }
      fetched += here
    }
    await take(consumer, { records })
  }
}
