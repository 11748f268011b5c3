// Strata against other event stores on the same PostgreSQL, in the same run, in turns. README.md says exactly what each is asked to do.
import type { Bench } from '../index.ts'
import { BenchRefused } from '../refused.ts'
import type { Result } from '../result.ts'
import { append } from './append.ts'
import { INSTALL, installedPeers, onServer, peersInstalled, type Contest } from './contest.ts'
import { drain } from './drain.ts'
import { fill, type Filling } from './fill.ts'
import { hot } from './hot.ts'
import { lost } from './lost.ts'
import { streams } from './streams.ts'

const LENGTHS = { short: { rounds: 3, seconds: 1 }, full: { rounds: 7, seconds: 1 } }
const LOST_SECONDS = 5
const FILLING: Filling = {
  long: [
    { streams: 20, events: 100 },
    { streams: 4, events: 1_000 },
  ],
  short: 10_000,
}

export const peers: Bench = async ({ server, full, say }) => {
  if (!(await peersInstalled())) throw new BenchRefused(`the other event stores are not installed; this does it: ${INSTALL}`)
  const all = await installedPeers()
  /** On new databases, which are dropped afterwards. */
  const measured = async (measure: (contest: Contest) => Promise<readonly Result[]>): Promise<readonly Result[]> => {
    const contestants = await onServer(server, all)
    const results = await measure({ ...LENGTHS[full ? 'full' : 'short'], contestants, cpuSeconds: server.cpuSeconds, say })
    for (const { url } of contestants) await server.drop(url)
    return results
  }
  return [
    ...(await measured((contest) => append(contest))),
    ...(await measured(hot)),
    ...(await measured((contest) => reads(contest, FILLING))),
    ...(await measured((contest) => lost({ ...contest, seconds: LOST_SECONDS }))),
  ]
}

async function reads(contest: Contest, filling: Filling): Promise<readonly Result[]> {
  for (const contestant of contest.contestants) await fill(contestant, filling)
  contest.say('peers: filled')
  return [...(await streams(contest, filling)), ...(await drain(contest, filling))]
}
