// Appending through the library, against the same decided events sent to the same `append` by hand, in batches of the same sizes, on as many lanes. What the library does more: it decides and
// evolves, queues and groups, keeps states, verifies what it looked at, and makes a receipt for each.
import { submitter } from '../commands/submit/submitter.ts'
import { openDatabase, type Database } from '../ledger/database.ts'
import type { FeedPlace } from '../ledger/feed-place.ts'
import { DEFAULT_LANES, openLedger, type Ledger } from '../ledger/index.ts'
import type { VersionRecord } from '../ledger/record.ts'
import type { Submission } from '../commands/submit/parse.ts'
import { amendLine, good, parsedAll, submitLine } from './commands.ts'
import { appendByHand } from './hand.ts'
import type { Bench } from './index.ts'
import { compared, type Result } from './result.ts'
import { median, seconds } from './statistics.ts'

const COMMANDS = 40_000
const ROUNDS = 5
const GOAL = { atLeast: 0.8 }
/** Commands that wait for their answer at a time: enough for every lane to find a full batch. */
const WINDOW = 2_000

export const append: Bench = async ({ server, say }) => {
  const url = await server.ledger()
  const batches: number[] = []
  await using ledger = await openLedger({ url, onBatch: ({ versions }) => batches.push(versions) })
  const database = openDatabase({ url, connections: DEFAULT_LANES, name: 'bench by hand' })
  const rates: Rates[] = []
  // The first round only warms up: prepared statements, compiled code, caches.
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = await pair(ledger, database, batches, round)
    if (round > 0) rates.push(measured)
    say(
      `append, round ${round} of ${ROUNDS}: ${JSON.stringify(measured, (_, value: unknown) => (typeof value === 'number' ? Math.round(value) : value))}`,
    )
  }
  await database.end()
  return [...summary('first versions', rates, 'first'), ...summary('updates', rates, 'update')]
}

interface Rates {
  readonly first: Pair
  readonly update: Pair
}

interface Pair {
  readonly library: number
  readonly hand: number
  readonly libraryCpu: number
  readonly handCpu: number
  readonly size: number
}

async function pair(ledger: Ledger, database: Database, batches: number[], round: number): Promise<Rates> {
  const [run, other] = [`lib${round}`, `hand${round}`]
  const submissions = parsedAll(COMMANDS, (n) => submitLine(run, n))
  const first = await both(ledger, database, batches, submissions, run, other)
  const amendments = parsedAll(COMMANDS, (n) => amendLine(run, n))
  return { first, update: await both(ledger, database, batches, amendments, run, other) }
}

async function both(
  ledger: Ledger,
  database: Database,
  batches: number[],
  submissions: readonly Submission[],
  run: string,
  other: string,
): Promise<Pair> {
  batches.length = 0
  const before = await ledger.feed.end()
  const byLibrary = await timed(() => submitAll(ledger, submissions))
  const sizes = batches.filter((size) => size > 0)
  const renamed = (await recordsSince(ledger, before)).map((record) => renamedTo(record, run, other))
  const byHand = await timed(() => appendByHand(database, renamed, { partitions: ledger.partitions, lanes: DEFAULT_LANES, sizes }))
  const count = submissions.length
  return {
    library: count / byLibrary.seconds,
    hand: count / byHand.seconds,
    libraryCpu: byLibrary.cpuMicros / count,
    handCpu: byHand.cpuMicros / count,
    size: count / sizes.length,
  }
}

/** How long it takes, and how much of that this process computes. */
async function timed(work: () => Promise<unknown>): Promise<{ readonly seconds: number; readonly cpuMicros: number }> {
  globalThis.gc?.()
  const before = process.cpuUsage()
  const taken = await seconds(work)
  const { user, system } = process.cpuUsage(before)
  return { seconds: taken, cpuMicros: user + system }
}

/** Everything through the library, WINDOW at a time; answers are looked at and let go. */
export async function submitAll(ledger: Ledger, submissions: readonly Submission[], window = WINDOW): Promise<void> {
  const commands = submitter(ledger)
  let next = 0
  let left = submissions.length
  await new Promise<void>((done, fail) => {
    const one = (): void => {
      const submission = submissions[next++]
      if (!submission) return
      commands.submit(submission).then((answer) => {
        good(answer)
        if (--left === 0) done()
        else one()
      }, fail)
    }
    for (let n = 0; n < Math.min(window, submissions.length); n++) one()
  })
}

/** What was appended since a place in the feed. */
async function recordsSince(ledger: Ledger, place: FeedPlace): Promise<readonly VersionRecord[]> {
  const records: VersionRecord[] = []
  for (let at = place; ;) {
    const page = await ledger.feed.read(at, 1_000)
    records.push(...page.versions)
    if (page.caughtUp) return records
    at = page.next
  }
}

/** The same event of another owner's trade. */
function renamedTo(record: VersionRecord, run: string, other: string): VersionRecord {
  const owner = record.commandScope.replace(run, other)
  const data = 'owner' in record.data ? { ...record.data, owner } : record.data
  return {
    ...record,
    entityId: record.entityId.replace(record.commandScope, owner),
    commandScope: owner,
    data,
    state: { ...record.state, owner },
  }
}

function summary(what: string, rates: readonly Rates[], key: keyof Rates): readonly Result[] {
  const pairs = rates.map((one) => one[key])
  const library = median(pairs.map((one) => one.library))
  const hand = median(pairs.map((one) => one.hand))
  const ratio = median(pairs.map((one) => one.library / one.hand))
  const size = Math.round(median(pairs.map((one) => one.size)))
  return [
    compared(`append: ${what} through the library, against by hand (batches of about ${size})`, 'versions/s', library, hand, GOAL, ratio),
    compared(
      `append: ${what}, of that computed in this process, per version`,
      'us',
      median(pairs.map((one) => one.libraryCpu)),
      median(pairs.map((one) => one.handCpu)),
    ),
  ]
}
