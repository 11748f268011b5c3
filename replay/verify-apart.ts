// Verifies in a thread of its own, whose heap is bounded: left to itself, V8 would rather take hundreds of megabytes than collect what the pages leave behind (measured: 280 MB, in here 160).
import { Worker } from 'node:worker_threads'
import type { Checked, Difference, Progress, VerifyOptions } from './verify.ts'

const YOUNG_MEGABYTES = 16
const OLD_MEGABYTES = 128

export interface VerifyApartOptions extends VerifyOptions {
  /** Of the ledger's database. */
  readonly url: string
}

/** What the thread says. It waits for an answer after each difference. */
export type Said =
  | { readonly difference: Difference }
  | { readonly progress: Progress }
  | { readonly checked: Checked }
  | { readonly failed: { readonly message: string; readonly code: unknown } }

/** What it is asked: which ledger. */
export type Asked = Pick<VerifyApartOptions, 'url' | 'partitions' | 'entityId'>

/** As `verify`. */
export async function verifyApart({ url, partitions, entityId, onDifference, onProgress, signal }: VerifyApartOptions): Promise<Checked> {
  signal?.throwIfAborted()
  const asked: Asked = { url, partitions, entityId }
  const worker = new Worker(new URL('./verify/worker.ts', import.meta.url), {
    workerData: asked,
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES, maxOldGenerationSizeMb: OLD_MEGABYTES },
  })
  const { promise, resolve, reject } = Promise.withResolvers<Checked>()
  const stop = (): void => reject(signal?.reason)
  const hear = async (said: Said): Promise<void> => {
    if ('progress' in said) onProgress?.(said.progress)
    else if ('checked' in said) resolve(said.checked)
    else if ('failed' in said) reject(Object.assign(new Error(said.failed.message), { code: said.failed.code }))
    else {
      await onDifference(said.difference)
      worker.postMessage('go on')
    }
  }
  worker.on('message', (said: Said) => void hear(said).catch(reject))
  worker.on('error', reject)
  worker.on('exit', (code) => reject(new Error(`the verification ended early, exit code ${code}`)))
  signal?.addEventListener('abort', stop)
  try {
    return await promise
  } finally {
    signal?.removeEventListener('abort', stop)
    await worker.terminate()
  }
}
