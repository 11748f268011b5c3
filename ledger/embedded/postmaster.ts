// Promises: what postmaster.pid says of a cluster's server, and whether that is still so.
// The file outlives a killed server, and its number may belong to another process by now: only a live postgres in this very folder counts.

import { execFile } from 'node:child_process'
import { link, readFile, readdir, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** `ready`, `starting`, `stopping`, or what a later PostgreSQL may say; undefined while the file is still being written. */
export type Postmaster = Readonly<{ pid: number; port: number | undefined; status: string | undefined }>

const NEVER_A_PID = 2_147_483_646 // above Linux's largest, 2^22

/** The file as it stands, whether its process lives or not. */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const lines = text.split('\n')
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (!(pid > 0)) return undefined
  const port = Number.parseInt(lines[3] ?? '', 10)
  return { pid, port: port > 0 ? port : undefined, status: lines[7]?.trim() || undefined }
}

/** Is there a process of that number? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Is it a live postgres whose home is this cluster? PostgreSQL works in its data folder, which /proc shows. */
export async function isPostmasterOf(cluster: string, pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform === 'win32') return true
  if (process.platform !== 'linux') return (await commandOf(pid)).includes('postgres')
  if (/^State:\s+[ZX]/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State: X'))) return false
  const home = await readlink(`/proc/${pid}/cwd`).catch((error: NodeJS.ErrnoException) => error.code ?? 'ENOENT')
  if (home !== 'EACCES' && home !== 'EPERM') return home === (await realpath(cluster))
  // another user's process: its name must do
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'postgres'
}

async function commandOf(pid: number): Promise<string> {
  return promisify(execFile)('ps', ['-o', 'comm=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  )
}

/**
 * PostgreSQL refuses to start when the number in a stale file belongs to any live process of its user, or to a zombie. Then the number is
 * replaced by one that no process has; the rest stays, as PostgreSQL finds surviving children of the dead server by the shared memory it names.
 */
export async function disownPostmaster(cluster: string, stale: Postmaster): Promise<void> {
  const path = join(cluster, 'postmaster.pid')
  const aside = `${path}.${process.pid}.stale`
  const taken = await rename(path, aside).then(
    () => true,
    () => false,
  )
  if (!taken) return
  const lines = (await readFile(aside, 'utf8')).split('\n')
  if (lines[0] === String(stale.pid)) {
    lines[0] = String(NEVER_A_PID)
    await writeFile(aside, lines.join('\n'))
  }
  await link(aside, path).catch(() => undefined) // one that has started meanwhile has the file to itself
  await rm(aside, { force: true })
}

/** Waits until no process of the cluster is left, the children of a killed server included; false if that takes too long. */
export async function waitUntilGone(cluster: string, pid: number, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs
  while ((await isPostmasterOf(cluster, pid)) || (await hasProcesses(cluster))) {
    if (Date.now() > deadline) return false
    await new Promise((next) => setTimeout(next, 10))
  }
  return true
}

async function hasProcesses(cluster: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  const home = await realpath(cluster)
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) !== home) continue
    if ((await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'postgres') return true // and not a person's shell
  }
  return false
}
