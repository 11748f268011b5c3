// As of a recorded time: in a ledger of a million versions against one of a hundred thousand; and of one entity with very many versions, against one probe (its latest version). Turns are taken
// read by read.
import { fromMicros, toMicros } from '../ledger/instant.ts'
import { openLedger } from '../ledger/index.ts'
import { FILLED_FROM, fill, filledTrade, type Filling } from './filled.ts'
import type { Bench, BenchContext } from './index.ts'
import { compared, type Result } from './result.ts'
import { percentile, seconds } from './statistics.ts'

const SMALL = { entities: 10_000, versionsEach: 10 }
const LARGE = { entities: 100_000, versionsEach: 10 }
const LONG = { entities: 1, versionsEach: 300_000 }
const READS = 1_500
const WARM_UP = 100
/** A bisection over 300,000 versions looks at 18 of them; most are in memory. */
const FEW_TIMES = 5

export const asOf: Bench = async (context) => [...(await bySize(context)), ...(await byAge(context))]

async function bySize({ server, say }: BenchContext): Promise<readonly Result[]> {
  const urls = [await server.ledger(), await server.ledger()] as const
  await fill(urls[0], SMALL)
  await fill(urls[1], LARGE)
  say('as of: the ledgers are filled')
  const taken: readonly [number[], number[]] = [[], []]
  {
    await using small = await openLedger({ url: urls[0] })
    await using large = await openLedger({ url: urls[1] })
    for (let read = -WARM_UP; read < READS; read++)
      for (const [side, ledger, filling] of [
        [0, small, SMALL],
        [1, large, LARGE],
      ] as const) {
        const micros = await microseconds(() => ledger.read.asOf(filledTrade(any(filling.entities)), at(filling, Math.random())))
        if (read >= 0) taken[side].push(micros)
      }
  }
  for (const url of urls) await server.drop(url)
  const [p50, against] = [percentile(taken[1], 0.5), percentile(taken[0], 0.5)]
  return [compared('as-of: p50 at 1,000,000 versions, against 100,000', 'us', p50, against, { atMost: 1.5 })]
}

async function byAge({ server }: BenchContext): Promise<readonly Result[]> {
  const url = await server.ledger()
  await fill(url, LONG)
  const taken: Record<string, number[]> = {}
  {
    await using ledger = await openLedger({ url })
    const id = filledTrade(0)
    const questions: Readonly<Record<string, () => Promise<unknown>>> = {
      probe: () => ledger.read.latest(id),
      oldest: () => ledger.read.asOf(id, at(LONG, 0)),
      middle: () => ledger.read.asOf(id, at(LONG, 0.5)),
      newest: () => ledger.read.asOf(id, at(LONG, 1)),
    }
    await questions['newest']?.()
    for (let read = -WARM_UP; read < READS; read++)
      for (const [name, ask] of Object.entries(questions)) {
        const micros = await microseconds(ask)
        if (read >= 0) (taken[name] ??= []).push(micros)
      }
  }
  await server.drop(url)
  const p50 = (name: string): number => percentile(taken[name] ?? [], 0.5)
  return ['oldest', 'middle', 'newest'].map((name) =>
    compared(`as-of: p50 of the ${name} of 300,000 versions, against one probe`, 'us', p50(name), p50('probe'), { atMost: FEW_TIMES }),
  )
}

const any = (count: number): number => Math.floor(Math.random() * count)
const microseconds = async (work: () => Promise<unknown>): Promise<number> => (await seconds(work)) * 1e6

/** The instant a share of the way through a filled ledger. */
const at = ({ entities, versionsEach }: Filling, share: number): string =>
  fromMicros(toMicros(FILLED_FROM) + BigInt(Math.floor(share * (entities * versionsEach - 1)) * 1_000))
