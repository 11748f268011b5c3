// Promises: the server on a free port over a ledger of its own connections, and short words to ask it. Closing it closes both.
import type { FastifyInstance } from 'fastify'
import type { Problem } from '../commands/problem.ts'
import type { Receipt } from '../commands/submit/answer.ts'
import { buildServer, type ServerOptions } from '../commands/http/server.ts'
import { openLedger, type Ledger } from '../ledger/index.ts'

export type Answered = Readonly<{
  status: number
  headers: Headers
  type: string
  text: string
  /** What the text is, if it is JSON; the caller says what it expects. */
  receipt: Receipt
  problem: Problem
}>

export type Asking = Readonly<{
  headers?: Readonly<Record<string, string>>
  body?: unknown
  raw?: NonNullable<RequestInit['body']>
  signal?: AbortSignal
}>

export type Served = Readonly<{
  url: string
  port: number
  app: FastifyInstance
  ledger: Ledger
  call(method: string, path: string, asking?: Asking): Promise<Answered>
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answered>
  /** NDJSON to POST /v1/commands. */
  bulk(lines: readonly unknown[], query?: string): Promise<Answered & { readonly lines: readonly BulkAnswer[] }>
  close(): Promise<void>
}> &
  AsyncDisposable

export type BulkAnswer = Readonly<{ line: number; status: number; receipt?: Receipt; problem?: Problem; replayed?: true }>

export type ServedOptions = Partial<Omit<ServerOptions, 'ledger'>> & Readonly<{ port?: number }>

export async function served(databaseUrl: string, { port = 0, ...options }: ServedOptions = {}): Promise<Served> {
  const ledger = await openLedger({ url: databaseUrl })
  const app = buildServer({ auth: 'none', ...options, ledger })
  const url = await app.listen({ host: '127.0.0.1', port })

  async function call(method: string, path: string, { headers = {}, body, raw, signal }: Asking = {}): Promise<Answered> {
    const sent = body === undefined ? raw : JSON.stringify(body)
    const response = await fetch(url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(sent !== undefined && { body: sent }),
      ...(signal && { signal }),
    })
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    const json = text !== '' && /^application\/(problem\+)?json/.test(type) ? JSON.parse(text) : undefined
    return { status: response.status, headers: response.headers, type, text, receipt: json, problem: json }
  }

  async function bulk(lines: readonly unknown[], query = '') {
    const raw = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
    const answer = await call('POST', `/v1/commands${query}`, { raw, headers: { 'content-type': 'application/x-ndjson' } })
    return { ...answer, lines: answer.type.includes('ndjson') ? bulkAnswers(answer.text) : [] }
  }

  let closing: Promise<void> | undefined
  const close = () => (closing ??= app.close().then(() => ledger.close()))
  return {
    url,
    port: Number(new URL(url).port),
    app,
    ledger,
    call,
    post: (path, body, headers = {}) => call('POST', path, { body, headers }),
    bulk,
    close,
    [Symbol.asyncDispose]: close,
  }
}

export const bulkAnswers = (text: string): readonly BulkAnswer[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as BulkAnswer)
