// The server as users start it, on an embedded PostgreSQL in a folder of its own; both can be killed at any instant.
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { readPostmaster } from '../../ledger/embedded/postmaster.ts'

const READY_WITHIN_MS = 60_000
const ANSWER_WITHIN_MS = 20_000
const BIN = join(import.meta.dirname, '..', '..', 'bin', 'strata.ts')

export interface Server {
  readonly url: string
  readonly ended: Promise<number | null>
  signal(signal: NodeJS.Signals): void
  /** What it said last. */
  log(): string
}

export async function startServer(dataDir: string): Promise<Server> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('STRATA_') && !name.startsWith('npm_'))
  const child = spawn(process.execPath, [BIN, 'start'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(kept), STRATA_DATA_DIR: dataDir, STRATA_PORT: '0' },
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-10_000)
    })
  const ended = new Promise<number | null>((done) => child.once('close', done))
  const url = await readyUrl(child, () => log)
  return { url, ended, signal: (signal) => void child.kill(signal), log: () => log }
}

function readyUrl(child: ChildProcess, log: () => string): Promise<string> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(new Error(`the server was not ready in time:\n${log()}`))
    }, READY_WITHIN_MS)
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const url = /^ready (\S+) pid \d+/m.exec(said)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      done(url)
    })
    child.once('close', (code) => {
      clearTimeout(timer)
      fail(new Error(`the server ended with ${code} before it was ready:\n${log()}`))
    })
  })
}

/** kill -9 of PostgreSQL's first process. The others see it gone and end by themselves. */
export async function killPostgres(dataDir: string): Promise<void> {
  const postmaster = await readPostmaster(join(dataDir, 'postgres'))
  if (postmaster === undefined) return
  try {
    process.kill(postmaster.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // it is down already
  }
}

export interface Answered {
  readonly status: number
  readonly text: string
}

/** Throws when there is no whole answer. */
export async function ask(
  url: string,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const response = await fetch(url + path, {
    method,
    headers,
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    ...(body !== undefined && { body }),
  })
  return { status: response.status, text: await response.text() }
}
