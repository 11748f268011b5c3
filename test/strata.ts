// Promises: the real `strata` command as a process of its own, with no setting but those given; what it wrote, and how it ended.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

const STRATA = join(import.meta.dirname, '..', 'bin', 'strata.ts')
const READY_WITHIN_MS = 30_000

export type Environment = Readonly<Record<string, string>>
type Child = ChildProcessByStdio<Writable, Readable, Readable>

function start(args: readonly string[], env: Environment): Child {
  const rest = Object.entries(process.env).filter(([name]) => !name.startsWith('STRATA_'))
  return spawn(process.execPath, [STRATA, ...args], { env: { ...Object.fromEntries(rest), ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
}

export interface Ended {
  /** As a shell says it: 128 and the signal's number, if it died of one. */
  readonly code: number | NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

async function ended(child: Child): Promise<Ended> {
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ])
  return { code: code ?? signal, stdout, stderr }
}

export function strata(args: readonly string[], env: Environment, input = ''): Promise<Ended> {
  const child = start(args, env)
  child.stdin.on('error', () => undefined) // it may end without reading
  child.stdin.end(input)
  return ended(child)
}

/** A command that is still running. `closeStdout`: its reader goes away. */
export interface Running {
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
        const over = await Promise.race([end, new Promise<undefined>((next) => setTimeout(next, 20))])
        if (over && !pattern.test(said)) throw new Error(`it ended with ${over.code} and did not say ${pattern}:\n${said}${over.stderr}`)
      }
      throw new Error(`it did not say ${pattern}:\n${said}`)
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
