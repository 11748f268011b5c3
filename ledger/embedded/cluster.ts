// Promises: a whole database cluster in a folder, or none: initdb runs in a folder beside it, which is renamed when it is complete.
// So a process killed midway leaves only a folder to sweep, and of two that start at once one cluster wins.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Binaries } from './binaries.ts'
import { assertReachable, giveTo, type Owner } from './owner.ts'
import { isAlive } from './postmaster.ts'

export const SUPERUSER = 'postgres'
const PASSWORD_BYTES = 24
const PASSWORD_FILE = 'strata.password'
const ABANDONED_AFTER_MS = 10 * 60_000
const UNFINISHED = 'postgres.init-'

/** Makes the cluster unless it is there; answers its folder. */
export async function ensureCluster(
  binaries: Binaries,
  owner: Owner,
  dataDir: string,
  onProgress: (line: string) => void,
): Promise<string> {
  const cluster = join(dataDir, 'postgres')
  const first = await mkdir(dataDir, { recursive: true })
  if (first !== undefined && owner.uid !== undefined) await letIn(first, dataDir)
  await assertReachable(owner, dataDir)
  await assertReachable(owner, dirname(binaries.postgres))
  await sweep(dataDir)
  if (await hasCluster(cluster)) return cluster
  onProgress('making a new PostgreSQL cluster')
  await initialise(binaries, owner, dataDir, cluster)
  return cluster
}

export function readPassword(cluster: string): Promise<string> {
  return readFile(join(cluster, PASSWORD_FILE), 'utf8')
}

// A strict umask must not lock PostgreSQL's user out of the folders that we have just made ourselves.
async function letIn(first: string, last: string): Promise<void> {
  const top = resolve(first)
  for (let folder = resolve(last); ; folder = dirname(folder)) {
    await chmod(folder, 0o755)
    if (folder === top || folder === dirname(folder)) return
  }
}

async function hasCluster(cluster: string): Promise<boolean> {
  return stat(join(cluster, 'PG_VERSION')).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
}

export const randomPassword = (): string => randomBytes(PASSWORD_BYTES).toString('base64url')

async function initialise(binaries: Binaries, owner: Owner, dataDir: string, cluster: string): Promise<void> {
  const work = join(dataDir, `${UNFINISHED}${process.pid}-${randomBytes(4).toString('hex')}`)
  const made = join(work, 'cluster')
  const passwordFile = join(work, PASSWORD_FILE)
  try {
    await mkdir(made, { recursive: true, mode: 0o700 })
    await writeFile(passwordFile, randomPassword(), { mode: 0o600 })
    await giveTo(owner, work)
    await runInitdb(binaries, owner, made, passwordFile)
    await rename(passwordFile, join(made, PASSWORD_FILE))
    await rename(made, cluster).catch(async (error: NodeJS.ErrnoException) => {
      if (!(await hasCluster(cluster))) throw error // else another process was first, and its cluster is as good
    })
    await syncFolder(dataDir)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function runInitdb(binaries: Binaries, owner: Owner, cluster: string, passwordFile: string): Promise<void> {
  const args = ['-D', cluster, '--encoding=UTF8', '--locale=C', '--data-checksums', '--auth=scram-sha-256', `--username=${SUPERUSER}`]
  const child = spawn(binaries.initdb, [...args, `--pwfile=${passwordFile}`], {
    ...owner,
    env: postgresEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)))
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  if (code === 0) return
  if (output.includes('No space left on device'))
    throw new Error(`the disk is full: PostgreSQL's cluster does not fit into ${dirname(cluster)}`)
  throw new Error(`initdb failed (exit code ${code}):\n${output.trim()}`)
}

/** The caller's environment without what would lead PostgreSQL elsewhere. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('LC_') && name !== 'LANG')
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder)
  await handle.sync().catch(() => undefined) // Windows cannot
}

async function sweep(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(UNFINISHED)) continue
    const folder = join(dataDir, name)
    const pid = Number(name.slice(UNFINISHED.length).split('-')[0])
    const age =
      Date.now() -
      (await stat(folder).then(
        (s) => s.mtimeMs,
        () => 0,
      ))
    // a live process of that number may be another one by now; none takes ten minutes over an initdb
    if (!isAlive(pid) || age > ABANDONED_AFTER_MS) await rm(folder, { recursive: true, force: true })
  }
}
