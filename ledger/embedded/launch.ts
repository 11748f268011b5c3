// Promises: one attempt to start the server of a cluster on a port, on its own session, so that neither a Ctrl-C on the terminal nor the end
// of this process reaches it; and what became of the attempt, from the server's own words in its log.

import { spawn } from 'node:child_process'
import { open, rename, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { postgresEnvironment } from './cluster.ts'
import type { Owner } from './owner.ts'

const LOG_LIMIT_BYTES = 10 * 1024 * 1024

export type Attempt = Readonly<{
  pid: number
  /** Undefined while it runs; then why it ended. */
  outcome(): Promise<Outcome | undefined>
}>

/** `busy`: another server has the cluster; `port`: somebody else has the port. */
export type Outcome = Readonly<{ kind: 'busy' | 'port' | 'failed'; message: string }>

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  synchronous_commit: 'on',
  fsync: 'on',
  full_page_writes: 'on',
  autovacuum: 'on',
  random_page_cost: '1.1', // solid-state disks
  jit: 'off', // short statements only: it costs more than it gives
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  logging_collector: 'off',
}

export async function launch(
  binaries: Binaries,
  owner: Owner,
  dataDir: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<Attempt> {
  const path = join(dataDir, 'postgres.log')
  await rotate(path)
  await using log = await open(path, 'a', 0o600)
  const from = (await log.stat()).size
  const args = Object.entries({ ...SETTINGS, ...settings, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(binaries.postgres, ['-D', join(dataDir, 'postgres'), ...args], {
    ...owner,
    env: postgresEnvironment(),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  let ended: string | undefined
  child.once('exit', (code, signal) => (ended = `exit code ${code ?? signal}`))
  await new Promise<void>((done, fail) => {
    child.once('spawn', done)
    child.once('error', (error) => fail(new Error(`PostgreSQL could not be run: ${error.message}`, { cause: error })))
  })
  child.unref()
  return {
    pid: child.pid ?? 0,
    async outcome() {
      return ended === undefined ? undefined : explain(await readFrom(path, from), ended, path)
    },
  }
}

function explain(said: string, ended: string, path: string): Outcome {
  if (/lock file "[^"]*" (already exists|is empty)|pre-existing shared memory block/.test(said))
    return { kind: 'busy', message: lastLines(said) }
  if (/Address already in use|could not create any TCP\/IP sockets/.test(said)) return { kind: 'port', message: lastLines(said) }
  if (/No space left on device/.test(said)) return { kind: 'failed', message: `the disk is full: PostgreSQL cannot start (see ${path})` }
  return { kind: 'failed', message: `PostgreSQL did not start (${ended}; see ${path}):\n${lastLines(said)}` }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-10).join('\n')
}

async function readFrom(path: string, from: number): Promise<string> {
  await using log = await open(path, 'r')
  const buffer = Buffer.alloc(64 * 1024)
  const { bytesRead } = await log.read(buffer, 0, buffer.length, from)
  return buffer.toString('utf8', 0, bytesRead)
}

async function rotate(path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (size > LOG_LIMIT_BYTES) await rename(path, `${path}.1`)
}

/** The preferred port if it is free, else any that is. */
export async function freePort(preferred: number | undefined): Promise<number> {
  if (preferred !== undefined && (await listenOn(preferred)) !== undefined) return preferred
  const port = await listenOn(0)
  if (port === undefined) throw new Error('no port of 127.0.0.1 is free')
  return port
}

function listenOn(port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(address !== null && typeof address === 'object' ? address.port : undefined))
    })
  })
}
