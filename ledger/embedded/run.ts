// Promises: a running server of the cluster and a lease on it, whatever state the last one left behind. Any number of processes may ask
// at once: PostgreSQL's own lock file decides whose server runs, and the others use it.

import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { readPassword } from './cluster.ts'
import { type Attempt, freePort, launch } from './launch.ts'
import { type Lease, tryLease } from './lease.ts'
import type { Owner } from './owner.ts'
import { disownPostmaster, isAlive, isPostmasterOf, readPostmaster } from './postmaster.ts'

/** A server that reads its log after a crash takes connections late. */
const RUNNING_WITHIN_MS = 10 * 60_000
const PROGRESS_EVERY_MS = 5_000
const PORT_ATTEMPTS = 5
const POLL_MS = 10
const EMPTY_LOCK_FILE_AFTER_MS = 10_000

export type Place = Readonly<{
  binaries: Binaries
  owner: Owner
  dataDir: string
  cluster: string
  settings: Readonly<Record<string, string>>
  onProgress: (line: string) => void
}>

export type Running = Readonly<{ port: number; pid: number; started: boolean; password: string; lease: Lease }>

export async function runServer(place: Place): Promise<Running> {
  const { cluster } = place
  const password = await readPassword(cluster)
  const deadline = Date.now() + RUNNING_WITHIN_MS
  const waiting = progressOf(place)
  let attempt: Attempt | undefined
  for (let portsTaken = 0; Date.now() < deadline; await sleep(POLL_MS)) {
    const seen = await readPostmaster(cluster)
    if (seen !== undefined && (await isPostmasterOf(cluster, seen.pid))) {
      waiting(`PostgreSQL is ${seen.status ?? 'starting'}`)
      const { pid, port } = seen
      const lease = port !== undefined && seen.status !== 'stopping' ? await tryLease(port, password) : undefined
      if (lease === undefined || port === undefined) continue
      await rememberPort(cluster, port)
      return { port, pid, started: pid === attempt?.pid, password, lease }
    }
    const outcome = await attempt?.outcome()
    if (attempt !== undefined && outcome === undefined) continue
    if (outcome?.kind === 'failed') throw new Error(outcome.message)
    if (outcome?.kind === 'port' && ++portsTaken > PORT_ATTEMPTS) throw new Error(`PostgreSQL found no free port:\n${outcome.message}`)
    if (outcome?.kind === 'busy') {
      waiting('another PostgreSQL server has the data folder')
      await dropEmptyLockFile(cluster)
      await sleep(5 * POLL_MS)
    }
    if (seen !== undefined && isAlive(seen.pid)) await disownPostmaster(cluster, seen)
    const port = await freePort(portsTaken > 0 ? undefined : (seen?.port ?? (await rememberedPort(cluster))))
    attempt = await launch(place.binaries, place.owner, place.dataDir, port, place.settings)
  }
  throw new Error(`PostgreSQL did not take connections within ${RUNNING_WITHIN_MS / 60_000} minutes (see ${place.dataDir}/postgres.log)`)
}

function progressOf(place: Place): (line: string) => void {
  let next = Date.now() + PROGRESS_EVERY_MS
  return (line) => {
    if (Date.now() < next) return
    next = Date.now() + PROGRESS_EVERY_MS
    place.onProgress(`${line}, waiting`)
  }
}

// A machine that lost power may leave the lock file empty; PostgreSQL then refuses to start until somebody removes it.
async function dropEmptyLockFile(cluster: string): Promise<void> {
  const path = join(cluster, 'postmaster.pid')
  const found = await stat(path).catch(() => undefined)
  if (found?.size === 0 && Date.now() - found.mtimeMs > EMPTY_LOCK_FILE_AFTER_MS) await rm(path, { force: true })
}

// The same port as last time where possible: a URL somebody wrote down, or holds connections to, stays right.
async function rememberedPort(cluster: string): Promise<number | undefined> {
  const port = Number(await readFile(join(cluster, 'strata.port'), 'utf8').catch(() => ''))
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined
}

async function rememberPort(cluster: string, port: number): Promise<void> {
  if ((await rememberedPort(cluster)) !== port) await writeFile(join(cluster, 'strata.port'), String(port))
}
