// The live view, as this program's projection makes it. One that an older version of the projection has made is built anew first, by one process, and swapped in; one that a newer version has made is
// left alone.
import { setTimeout as sleep } from 'node:timers/promises'
import type { View } from '../sinks/sink.ts'
import { isCurrent, rebuild, type RebuildOptions } from './rebuild.ts'

const LOOK_AGAIN_MS = 1_000

export interface OpenCurrentOptions extends Pick<RebuildOptions, 'ledger' | 'sink' | 'projection' | 'signal'> {
  readonly onChange: (to: 'building' | 'built') => void
  /** A process builds one view at a time: a build holds a connection, and reads as fast as it can. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>
}

/** Throws Outdated. */
export async function openCurrent({ ledger, sink, projection, signal, onChange, inTurn }: OpenCurrentOptions): Promise<View> {
  for (let building = false; ;) {
    // Opened before it is looked at: if it is swapped meanwhile, what was opened writes nothing.
    const view = await sink.open(projection, 'live')
    if (await isCurrent(sink, projection)) {
      if (building) onChange('built')
      return view
    }
    if (!building) onChange('building')
    building = true
    // Another process may have built it while this one waited for its turn.
    const built = await inTurn(async () => (await isCurrent(sink, projection)) || rebuild({ ledger, sink, projection, signal }))
    if (!built) await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
}
