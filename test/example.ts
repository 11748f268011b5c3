// Promises: an example as a process of its own, with no setting but those given; started, run to its end, or killed once the ledger has so many versions. And what a ledger holds, as a hash.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger } from '../ledger/index.ts'

/** What every importer among the examples prints. */
export interface Imported {
  readonly rows: number
  readonly applied: number
  readonly replayed: number
  readonly rejected: number
  readonly rejects: readonly { readonly line: number; readonly reason: string }[]
}

export interface Example {
  readonly name: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const POLL_MS = 10

export interface StartedExample {
  readonly child: ChildProcess
  /** What it wrote to stdout. */
  readonly ended: Promise<string>
}

export function startExample({ name, args, env = {} }: Example): StartedExample {
  const rest = Object.entries(process.env).filter(([key]) => !key.startsWith('STRATA_'))
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'examples', `${name}.ts`), ...args], {
    env: { ...Object.fromEntries(rest), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  return { child, ended: once(child, 'close').then(() => stdout) }
}

export async function runExample(example: Example): Promise<Imported> {
  const { child, ended } = startExample(example)
  const stdout = await ended
  assert.equal(child.exitCode, 0, `${example.name} ended with ${child.exitCode ?? child.signalCode}`)
  return JSON.parse(stdout) as Imported
}

/** `versions`: it is killed soon after the ledger has more of them. */
export async function killExample(example: Example, ledger: Ledger, versions: number): Promise<void> {
  const { child, ended } = startExample(example)
  while ((await countVersions(ledger)) <= versions && child.exitCode === null) await sleep(POLL_MS)
  child.kill('SIGKILL')
  await ended
  assert.equal(child.signalCode, 'SIGKILL', `${example.name} ended before it was killed`)
}

export async function countVersions(ledger: Ledger): Promise<number> {
  const { rows } = await ledger.database.query<{ n: number }>(
    'select coalesce(sum(last), 0)::integer as n from (select max(position) as last from ledger.versions group by partition) p',
  )
  return rows[0]?.n ?? 0
}

/** Of all that is in the ledger, in the order of the feeds; `without`: columns left out, such as the recorded times where two ledgers are compared. */
export async function ledgerHash(ledger: Ledger, without: readonly string[] = []): Promise<string> {
  const { rows } = await ledger.database.query<{ hash: string }>(
    "select md5(string_agg(md5((to_jsonb(v) - $1::text[])::text), '' order by v.partition, v.position)) as hash from ledger.versions v",
    [without],
  )
  return rows[0]?.hash ?? ''
}
