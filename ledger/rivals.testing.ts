// For tests, run as a process of its own: `node rivals.testing.ts URL NAME COUNT ID…`. Writes COUNT times to the same entities as its rivals, some at a time, and prints what became of it.
import { pathToFileURL } from 'node:url'
import { openLedger, type Ledger } from './index.ts'
import { addNote, transfer } from './works.testing.ts'

export interface Told {
  readonly applied: number
  readonly refused: number
  readonly replayed: number
  readonly failed: readonly string[]
  readonly lockedBatches: number
  /** The longest that one waited, in milliseconds. */
  readonly longestMs: number
}

const AT_ONCE = 8

/** Commands named alike by all rivals: each is applied by one of them. The `spin` makes deciding slow, so that rounds are long and lost often. */
export async function rival(
  ledger: Ledger,
  ids: readonly string[],
  count: number,
  spinMs: number,
  name?: string,
): Promise<Omit<Told, 'lockedBatches'>> {
  const told = { applied: 0, refused: 0, replayed: 0, failed: [] as string[], longestMs: 0 }
  let next = 0
  const one = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const [id = '', to = ''] = [ids[n % ids.length], ids[(n + 1) % ids.length]]
      const key = name === undefined ? { key: `shared-${n}` } : {}
      const asked = id.startsWith('account:') ? transfer(id, to, '7', key) : addNote(id, key)
      const started = performance.now()
      const outcome = await ledger.append({ ...asked, decide: (view) => (spin(spinMs), asked.decide(view)) }).catch((error: Error) => error)
      told.longestMs = Math.max(told.longestMs, performance.now() - started)
      if (outcome instanceof Error) told.failed.push(`${outcome.name}: ${outcome.message}`)
      else if (outcome.status === 'key reused') told.failed.push(outcome.status)
      else told[outcome.status]++
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return told
}

function spin(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [url = '', name = '', count = '0', spinMs = '0', ...ids] = process.argv.slice(2)
  let lockedBatches = 0
  await using ledger = await openLedger({ url, onBatch: ({ locked }) => (lockedBatches += Number(locked)) })
  const told = await rival(ledger, ids, Number(count), Number(spinMs), name === 'shared' ? undefined : name)
  console.log(JSON.stringify({ ...told, lockedBatches }))
}
