// Promises: a real PostgreSQL server from npm's binaries, on 127.0.0.1 and a free port, its data in `<dataDir>/postgres`.
// One server per data folder, shared by all processes that ask for it: the first starts it, the last to release it stops it, and while
// anybody holds it, it is started again, on the same port, should it die. A process that is killed leaves it running for the next.

import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Binaries, findBinaries } from './embedded/binaries.ts'
import { ensureCluster } from './embedded/cluster.ts'
import { urlOf } from './embedded/lease.ts'
import { ensureLogin } from './embedded/login.ts'
import { postgresOwner } from './embedded/owner.ts'
import { isPostmasterOf, readPostmaster, waitUntilGone } from './embedded/postmaster.ts'
import { type Place, type Running, runServer } from './embedded/run.ts'

const STOP_WITHIN_MS = 120_000
const RESTART_AFTER_MS = 200

export type EmbeddedPostgresOptions = Readonly<{
  dataDir: string
  /** postgresql.conf settings, over the defaults in embedded/launch.ts; they count for the process that starts the server. */
  settings?: Readonly<Record<string, string>>
  onProgress?: (line: string) => void
  /** Default: those that npm brought. */
  binaries?: Binaries
}>

export type EmbeddedPostgres = Readonly<{
  /** Database `strata`, as superuser. */
  url: string
  port: number
  pid: number
  /** The URL of a login that has this role alone: for all that needs no superuser. */
  login(memberOf: string): Promise<string>
  /** False: it was already running, and is shared. */
  started: boolean
  /** Last one out stops it; anybody else's open connection keeps it running. Close your own connections first. */
  release(): Promise<void>
  /** Stops it, whoever uses it; another process that holds it will start it again. */
  stop(): Promise<void>
}> &
  AsyncDisposable

export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir)
  const onProgress = options.onProgress ?? (() => undefined)
  const binaries = options.binaries ?? (await findBinaries())
  const owner = postgresOwner()
  const cluster = await ensureCluster(binaries, owner, dataDir, onProgress)
  return hold({ binaries, owner, dataDir, cluster, settings: options.settings ?? {}, onProgress })
}

async function hold(place: Place): Promise<EmbeddedPostgres> {
  let running = await runServer(place)
  let leaving: Promise<void> | undefined
  const watch = keepRunning()

  async function keepRunning(): Promise<void> {
    for (;;) {
      await running.lease.ended
      const next = leaving === undefined ? await restart(place, () => leaving !== undefined) : undefined
      if (next === undefined) return
      running = next
    }
  }
  async function leaveBy(how: (last: Running) => Promise<void>): Promise<void> {
    const last = running
    await how(last)
    await watch
    if (running !== last) await how(running) // it was just being started again
  }
  const leave = (how: (last: Running) => Promise<void>) => (leaving ??= leaveBy(how))
  const release = () => leave(({ lease, pid }) => lease.giveBack(() => stopPostmaster(place.cluster, pid)))
  const stop = () =>
    leave(async ({ lease }) => {
      const seen = await readPostmaster(place.cluster)
      if (seen !== undefined) await stopPostmaster(place.cluster, seen.pid)
      await lease.close()
    })
  return {
    get url() {
      return urlOf(running.port, running.password)
    },
    get port() {
      return running.port
    },
    get pid() {
      return running.pid
    },
    login: (memberOf) => ensureLogin(urlOf(running.port, running.password), place.cluster, place.owner, memberOf),
    started: running.started,
    release,
    stop,
    [Symbol.asyncDispose]: release,
  }
}

/** The server again after it died under us, however often that takes; undefined if we have left, or the data folder is gone. */
async function restart(place: Place, isOver: () => boolean): Promise<Running | undefined> {
  while (!isOver()) {
    try {
      await access(join(place.cluster, 'PG_VERSION'))
    } catch {
      return undefined
    }
    try {
      place.onProgress('PostgreSQL is gone, starting it again')
      return await runServer(place)
    } catch (error) {
      place.onProgress(error instanceof Error ? error.message : String(error))
      await sleep(RESTART_AFTER_MS)
    }
  }
  return undefined
}

/** Fast shutdown: clients are cut off, what they committed is kept. */
async function stopPostmaster(cluster: string, pid: number): Promise<void> {
  if (!(await isPostmasterOf(cluster, pid))) return
  try {
    process.kill(pid, 'SIGINT')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EPERM') throw new Error(`PostgreSQL (pid ${pid}) runs as another user and cannot be stopped from here`, { cause: error })
    if (code !== 'ESRCH') throw error
  }
  if (!(await waitUntilGone(cluster, pid, STOP_WITHIN_MS)))
    throw new Error(`PostgreSQL (pid ${pid}) did not stop within ${STOP_WITHIN_MS / 1000} s`)
}
