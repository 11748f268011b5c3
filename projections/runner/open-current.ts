// The live view, as this program's projection makes it. One that an older version of the projection has made is built anew first, by one process, and swapped in; one that a newer version has made is
// left alone.
import { setTimeout as sleep } from 'node:timers/promises'
import type { View } from '../sinks/sink.ts'
import { rebuild, type RebuildOptions } from './rebuild.ts'

const LOOK_AGAIN_MS = 1_000

/** A newer program has made the view: this one has nothing to do with it any more. */
export class Outdated extends Error {
  override readonly name = 'Outdated'
}

export interface OpenCurrentOptions extends Pick<RebuildOptions, 'ledger' | 'sink' | 'projection' | 'signal'> {
  readonly onChange: (to: 'building' | 'built') => void
}

export async function openCurrent({ ledger, sink, projection, signal, onChange }: OpenCurrentOptions): Promise<View> {
  for (let building = false; ;) {
    // Opened before it is looked at: if it is swapped meanwhile, what was opened writes nothing.
    const view = await sink.open(projection, 'live')
    const version = (await sink.liveVersion(projection)) ?? projection.version
    if (version > projection.version)
      throw new Outdated(
        `the view ${projection.name} was made by version ${version} of its projection, and this program has version ${projection.version}: it leaves it alone`,
      )
    if (version === projection.version) {
      if (building) onChange('built')
      return view
    }
    if (!building) onChange('building')
    building = true
    if (!(await rebuild({ ledger, sink, projection, signal }))) await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
}
