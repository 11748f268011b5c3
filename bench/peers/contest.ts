// Who takes part, each in a database of its own on the same server, and for how long.
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { BenchServer } from '../server.ts'
import type { Peer } from './store.ts'
import { strata } from './strata.ts'

export interface Contestant {
  readonly peer: Peer
  readonly url: string
}

export interface Contest {
  /** Strata first. */
  readonly contestants: readonly Contestant[]
  readonly rounds: number
  /** Of one turn. */
  readonly seconds: number
  readonly cpuSeconds: () => Promise<number>
  readonly say: (line: string) => void
}

/** Its packages are not the project's: nobody needs them but this bench. */
export const INSTALL = 'npm ci --prefix bench/peers'

export const peersInstalled = (): Promise<boolean> =>
  access(join(import.meta.dirname, 'node_modules', '.package-lock.json')).then(
    () => true,
    () => false,
  )

/** Strata, then the others, if they are installed: their files cannot be loaded without. */
export async function installedPeers(): Promise<readonly Peer[]> {
  if (!(await peersInstalled())) return [strata]
  const load = async (file: string): Promise<Readonly<Record<string, Peer>>> => import(`./${file}.ts`)
  const others = await Promise.all(['emmett', 'castore', 'message-db'].map(load))
  return [strata, ...others.flatMap((module) => Object.values(module))]
}

/** Each with its tables in a new database. */
export async function onServer(server: Pick<BenchServer, 'database'>, peers: readonly Peer[]): Promise<readonly Contestant[]> {
  const found: Contestant[] = []
  for (const peer of peers) {
    const url = await server.database()
    await peer.install(url)
    found.push({ peer, url })
  }
  return found
}
