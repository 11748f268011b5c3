// Promises: the real `strata` command as a process of its own, with no setting but those given; what it wrote, and how it ended.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Readable, Writable } from 'node:stream'

const STRATA = join(import.meta.dirname, '..', 'bin', 'strata.ts')
const READY_WITHIN_MS = 30_000
const ENDED_WITHIN_MS = 20_000
const POLL_MS = 20

export type Environment = Readonly<Record<string, string>>
type Child = ChildProcessByStdio<Writable, Readable, Readable>

function start(args: readonly string[], env: Environment): Child {
  const rest = Object.entries(process.env).filter(([name]) => !name.startsWith('STRATA_'))
  return spawn(process.execPath, [STRATA, ...args], {
    env: { ...Object.fromEntries(rest), ...analyticsOf(env), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

let folder: string | undefined

/** Of each ledger a file of its own, where the test does not say which: not that of the checkout's own ledger. */
function analyticsOf(env: Environment): Environment {
  if (env['STRATA_DATA_DIR'] !== undefined) return {}
  if (folder === undefined) {
    const made = (folder = mkdtempSync(join(tmpdir(), 'strata-analytics-')))
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  }
  return {
    STRATA_DUCKDB_PATH: join(
      folder,
      `${hash('sha256', JSON.stringify(env['STRATA_DATABASE_URL'] ?? env['STRATA_DATABASE_URL_FILE']) ?? '').slice(0, 12)}.duckdb`,
    ),
  }
}

export interface Ended {
  /** The signal, if it died of one. */
  readonly code: number | NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

async function ended(child: Child): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code: code ?? signal, stdout, stderr }
}

export function strata(args: readonly string[], env: Environment, input = ''): Promise<Ended> {
  const child = start(args, env)
  child.stdin.on('error', () => undefined) // it may end without reading
  child.stdin.end(input)
  return ended(child)
}

/** A command that is still running; told to end when it is left, however that comes. `closeStdout`: its reader goes away. */
export interface Running extends AsyncDisposable {
  readonly ended: Promise<Ended>
  readonly pid: number
  kill(signal: NodeJS.Signals): void
  closeStdout(): void
  /** Resolves with what stdout has said, when that matches. */
  said(pattern: RegExp): Promise<RegExpExecArray>
}

export function running(args: readonly string[], env: Environment): Running {
  const child = start(args, env)
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const end = ended(child)
  return {
    ended: end,
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    closeStdout: () => void child.stdout.destroy(),
    async said(pattern) {
      for (const deadline = Date.now() + READY_WITHIN_MS; Date.now() < deadline;) {
        const found = pattern.exec(said)
        if (found) return found
        const over = await Promise.race([end, sleep(POLL_MS)])
        if (over && !pattern.test(said)) throw new Error(`it ended with ${over.code} and did not say ${pattern}:\n${said}${over.stderr}`)
      }
      throw new Error(`it did not say ${pattern}:\n${said}`)
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      const forced = setTimeout(() => child.kill('SIGKILL'), ENDED_WITHIN_MS)
      await end
      clearTimeout(forced)
    },
  }
}

export interface Server extends Running {
  readonly url: string
}

/** `strata start`, ready, on any free port. */
export async function server(env: Environment, args: readonly string[] = []): Promise<Server> {
  const process = running(['start', ...args], { STRATA_PORT: '0', ...env })
  const [, url = ''] = await process.said(/^ready (http:\/\/\S+) pid \d+\n$/)
  return { ...process, url }
}

/** A folder for a data directory that is gone afterwards; the embedded database may enter it. */
export async function dataFolder(): Promise<{ readonly dataDir: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-cli-'))
  await chmod(folder, 0o755)
  return { dataDir: join(folder, 'data'), [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
