// Bars from a file or a feed as rows of an import, in whatever order they come. A bar that was taken before, from wherever, is known by its key and has no commands; for others the ledger is asked
// which bars are around it. Bars in flight are not in the ledger yet, so the last ones are remembered until they must be.
import { setTimeout as sleep } from 'node:timers/promises'
import { barKey, type MarketBar } from '../../commands/market/market-bar.ts'
import { commandsOfBar, seriesOf, type BarJudging } from '../../commands/market/bar-series.ts'
import { knownBars } from '../../commands/market/known-bars.ts'
import { ownerOf, type EntityId } from '../../ledger/entity-id.ts'
import { isUnavailable } from '../../ledger/failure.ts'
import type { Ledger } from '../../ledger/index.ts'
import { keyText, loadCommands } from '../../ledger/load.ts'
import { CommandFailed } from '../exit.ts'
import type { ImportLine } from './import-line.ts'
import { MAX_IN_FLIGHT_ROWS, MAX_TRIES, RETRY_AFTER_MS } from './run.ts'

/** A row that is a bar, or says why it is none. */
export interface BarRow {
  readonly line: number
  readonly place: number
  readonly bar: MarketBar | { readonly refused: string }
}

const LOOKED_UP_TOGETHER = 500
/** About what a bar's commands take. */
const BAR_BYTES = 500

export async function* barLines(
  { database, partitions }: Ledger,
  rows: AsyncIterable<BarRow>,
  judging: BarJudging,
  signal?: AbortSignal,
): AsyncGenerator<ImportLine> {
  const recent = lastOf<Sent>(MAX_IN_FLIGHT_ROWS + LOOKED_UP_TOGETHER)

  async function* linesOf(some: readonly BarRow[]): AsyncGenerator<ImportLine> {
    const keyed = some.map((row) => ({ ...row, key: 'refused' in row.bar ? '' : barKey(row.bar) }))
    const ids = some.flatMap(({ bar }) => ('refused' in bar ? [] : [bar.id]))
    const keys = keyed.flatMap(({ bar, key }) => ('refused' in bar ? [] : [{ scope: ownerOf(bar.id), id: key }]))
    // In this order: the key of a bar that is there, is there.
    const known = await patiently(() => knownBars(database, ids, partitions), signal)
    const applied = await patiently(() => loadCommands(database, keys, partitions), signal)
    for (const { id } of recent.all()) known.get(seriesOf(id))?.add(id)
    const sent = new Set(recent.all().map(({ key }) => key))
    for (const { line, place, bar, key } of keyed) {
      if ('refused' in bar) {
        yield { line, place, bytes: 0, commands: [], refused: bar.refused }
        continue
      }
      const series = known.get(seriesOf(bar.id))
      const isKnown = !series || applied.has(keyText({ scope: ownerOf(bar.id), id: key })) || sent.has(key)
      const commands = isKnown ? [] : commandsOfBar(series, bar, key, judging)
      sent.add(key)
      recent.push({ id: bar.id, key })
      yield { line, place, bytes: commands.length * BAR_BYTES, commands }
    }
  }

  for await (const some of together(rows, LOOKED_UP_TOGETHER)) yield* linesOf(some)
}

/** A database that is away is waited for as long as an import waits for it. */
async function patiently<Result>(look: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await look()
    } catch (error) {
      if (!isUnavailable(error)) throw error
      if (tries === MAX_TRIES || signal?.aborted) throw new CommandFailed('the database does not answer', { cause: error })
      await sleep(RETRY_AFTER_MS, undefined, { signal }).catch(() => {})
    }
  }
}

interface Sent {
  readonly id: EntityId
  readonly key: string
}

/** The last so many of what was pushed. */
function lastOf<Item>(limit: number): { push(item: Item): void; all(): readonly Item[] } {
  let items: Item[] = []
  return {
    push(item) {
      items.push(item)
      if (items.length >= 2 * limit) items = items.slice(-limit)
    },
    all: () => items,
  }
}

async function* together<Item>(items: AsyncIterable<Item>, count: number): AsyncGenerator<readonly Item[]> {
  let some: Item[] = []
  for await (const item of items) {
    some.push(item)
    if (some.length < count) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}
