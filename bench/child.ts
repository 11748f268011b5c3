// The server as a process of its own, as users run it, on a ledger of the bench.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Child extends AsyncDisposable {
  readonly url: string
  readonly pid: number
  /** The most memory it ever had, in MB; undefined where the system does not tell. */
  peakMemory(): Promise<number | undefined>
}

export async function startChild(databaseUrl: string, more: Readonly<Record<string, string>> = {}): Promise<Child> {
  const settings = Object.entries(process.env).filter(([name]) => !name.startsWith('STRATA_'))
  const folder = await mkdtemp(join(tmpdir(), 'strata-bench-'))
  const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, '..', 'bin', 'strata.ts'), 'start'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...Object.fromEntries(settings), STRATA_DATABASE_URL: databaseUrl, STRATA_PORT: '0', STRATA_DATA_DIR: folder, ...more },
  })
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  const { url, pid } = await new Promise<{ url: string; pid: number }>((ready, fail) => {
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const [, where, id] = /^ready (\S+) pid (\d+)/m.exec(said) ?? []
      if (where !== undefined && id !== undefined) ready({ url: where, pid: Number(id) })
    })
    child.once('error', fail)
    child.once('close', (code) => fail(new Error(`the server ended with ${code} before it was ready`)))
  })
  return {
    url,
    pid,
    async peakMemory() {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]
      return kilobytes === undefined ? undefined : Number(kilobytes) / 1024
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}
