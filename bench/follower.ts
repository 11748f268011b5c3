// From commit to a follower of the feed, at half the peak rate. The follower has a ledger of its own, as another process would: it hears by NOTIFY. Time runs from the answer to the submitter.
import { setTimeout as sleep } from 'node:timers/promises'
import { submitter } from '../commands/submit/submitter.ts'
import { openLedger, type Ledger } from '../ledger/index.ts'
import { submitAll } from './append.ts'
import { good, parsedAll, submitLine } from './commands.ts'
import type { Bench } from './index.ts'
import { figure } from './result.ts'
import { percentile, seconds } from './statistics.ts'

const PEAK_COMMANDS = 15_000
const FOLLOWED_SECONDS = 5
const TICK_MS = 5

export const follower: Bench = async ({ server }) => {
  const url = await server.ledger()
  await using ledger = await openLedger({ url })
  await submitAll(
    ledger,
    parsedAll(PEAK_COMMANDS, (n) => submitLine('warm', n)),
  )
  const submissions = parsedAll(PEAK_COMMANDS, (n) => submitLine('peak', n))
  const peak = PEAK_COMMANDS / (await seconds(() => submitAll(ledger, submissions)))
  await using other = await openLedger({ url })
  const latencies = await follow(ledger, other, peak / 2)
  const seen = `at ${Math.round(peak / 2).toLocaleString('en')} versions/s, half the peak`
  return [
    figure(`follower: p50 from commit to feed follower ${seen}`, 'ms', percentile(latencies, 0.5)),
    figure('follower: p99', 'ms', percentile(latencies, 0.99), { atMost: 50 }),
  ]
}

async function follow(ledger: Ledger, other: Ledger, rate: number): Promise<readonly number[]> {
  const submissions = parsedAll(Math.floor(rate * FOLLOWED_SECONDS), (n) => submitLine('followed', n))
  const committed = new Map<string, number>()
  const arrived = new Map<string, number>()
  const stop = new AbortController()
  const following = (async () => {
    for await (const page of other.feed.follow(await other.feed.end(), { limit: 1_000, signal: stop.signal })) {
      const now = performance.now()
      for (const { entityId } of page.versions) arrived.set(entityId, now)
      if (arrived.size === submissions.length) return
    }
  })()
  await sleep(200) // until it listens
  const commands = submitter(ledger)
  const answers: Promise<void>[] = []
  const started = performance.now()
  for (let n = 0; n < submissions.length; await sleep(TICK_MS)) {
    const due = Math.min(submissions.length, Math.floor(((performance.now() - started) / 1000) * rate))
    for (const submission of submissions.slice(n, due))
      answers.push(commands.submit(submission).then((answer) => void committed.set(good(answer).entityId, performance.now())))
    n = due
  }
  await Promise.all(answers)
  await Promise.race([following, sleep(10_000, undefined, { ref: false })])
  stop.abort()
  await following
  // A follower may hear of it before the submitter does.
  return [...committed].map(([id, at]) => Math.max(0, (arrived.get(id) ?? Infinity) - at))
}
