// The measurements: `npm run bench` for all of the ledger's own, or `npm run bench -- append http` for those whose names begin so. A table on stdout, or JSON with --json; progress on stderr. Everything is a ratio within
// one run where it can be: two sides take turns on the same machine in the same minutes.
import { analytics } from './analytics/index.ts'
import { append } from './append.ts'
import { asOf } from './as-of.ts'
import { flips } from './flips.ts'
import { follower } from './follower.ts'
import { http } from './http.ts'
import { indexes } from './indexes.ts'
import { out } from './out/index.ts'
import { peers } from './peers/index.ts'
import { table, type Result } from './result.ts'
import { benchServer, type BenchServer } from './server.ts'
import { snapshot } from './snapshot.ts'

export interface BenchContext {
  readonly server: BenchServer
  /** The long forms: a million flips, more updates under an old snapshot. */
  readonly full: boolean
  readonly say: (line: string) => void
}

export type Bench = (context: BenchContext) => Promise<readonly Result[]>

const own: Readonly<Record<string, Bench>> = { append, indexes, flips, 'as-of': asOf, follower, snapshot, http, out, ...analytics }
/** Only when asked for: it needs packages that are not the project's. */
const others: Readonly<Record<string, Bench>> = { peers }
const benches = { ...own, ...others }

export interface BenchOptions {
  /** Beginnings of names; none: all but the peers. */
  readonly names: readonly string[]
  readonly full: boolean
  readonly say: (line: string) => void
  /** Aborted: the bench is left, and nothing stays running. */
  readonly signal?: AbortSignal
}

export const benchNames: readonly string[] = Object.keys(benches)

export async function runBenches({ names, full, say, signal }: BenchOptions): Promise<readonly Result[]> {
  const chosen = Object.entries(names.length === 0 ? own : benches).filter(
    ([name]) => names.length === 0 || names.some((wanted) => name.startsWith(wanted)),
  )
  if (chosen.length === 0) throw new Error(`no bench is called ${names.join(' or ')}; there are ${Object.keys(benches).join(', ')}`)
  await using server = await benchServer()
  const results: Result[] = []
  for (const [name, bench] of chosen) {
    say(`${name} …`)
    results.push(...(await unlessAborted(bench({ server, full, say }), signal)))
  }
  return results
}

async function unlessAborted<Answer>(work: Promise<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>()
  const leave = (): void => reject(signal?.reason)
  if (signal?.aborted) leave()
  signal?.addEventListener('abort', leave)
  promise.catch(() => {})
  work.catch(() => {}) // once it is left, its database is taken away from under it
  try {
    return await Promise.race([work, promise])
  } finally {
    signal?.removeEventListener('abort', leave)
  }
}

export { BenchRefused } from './refused.ts'
export const report = (results: readonly Result[], json: boolean): string => (json ? JSON.stringify({ results }) : table(results))

if (import.meta.main) {
  const args = process.argv.slice(2)
  const names = args.filter((arg) => !arg.startsWith('-'))
  const results = await runBenches({ names, full: args.includes('--full'), say: (line) => console.error(line) })
  console.log(report(results, args.includes('--json')))
}
