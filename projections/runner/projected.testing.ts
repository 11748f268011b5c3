// What tests of projectors ask: the whole feed, whether a view has caught up, whether it is what one fold of the whole feed makes, what state a run is in.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger } from '../../ledger/index.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { fold } from '../fold.ts'
import type { Projection } from '../projection.ts'
import { contents } from '../sinks/made-up.testing.ts'
import type { Sink } from '../sinks/sink.ts'
import type { RunStatus } from './control.ts'
import type { RunName } from './leases.ts'
import type { Projector } from './projector.ts'

const CAUGHT_UP_WITHIN_MS = 30_000
const IN_STATE_WITHIN_MS = 30_000

export async function feedOf(ledger: Ledger): Promise<readonly VersionRecord[]> {
  const all: VersionRecord[] = []
  for (let at = ledger.feed.beginning; ;) {
    const page = await ledger.feed.read(at, 1_000)
    all.push(...page.versions)
    if (page.caughtUp) return all
    at = page.next
  }
}

export async function caughtUp(ledger: Ledger, sink: Sink, projection: Projection, withinMs = CAUGHT_UP_WITHIN_MS): Promise<void> {
  const { positions } = await ledger.feed.end()
  const view = await sink.open(projection, 'live')
  for (const until = Date.now() + withinMs; Date.now() < until; await sleep(20)) {
    const places = await view.places()
    if (positions.every((position, partition) => position === (places.get(partition)?.position ?? 0))) return
  }
  assert.fail(`${projection.name} does not catch up`)
}

export async function assertWhole(ledger: Ledger, sink: Sink, projection: Projection): Promise<void> {
  await caughtUp(ledger, sink, projection)
  const records = (await feedOf(ledger)).filter(({ kind }) => projection.kinds.includes(kind))
  const { documents } = fold(projection, records, { documents: new Map(), memories: new Map() })
  assert.deepEqual(
    (await contents(await sink.open(projection, 'live'))).map(({ key, body, position }) => [key, body, position]),
    [...documents.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ key, body, position }) => [key, body, position]),
    projection.name,
  )
}

export async function inState(one: Projector, run: RunName, holds: (status: RunStatus) => boolean): Promise<RunStatus> {
  for (const until = Date.now() + IN_STATE_WITHIN_MS; Date.now() < until; await sleep(50)) {
    const status = await one.control.status(run)
    if (holds(status)) return status
  }
  assert.fail(`${run.view} is ${JSON.stringify(await one.control.status(run))}`)
}
