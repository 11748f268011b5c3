// How others ask the process that has the DuckDB file open: HTTP over a socket beside the file, for whoever may read the file. Who has the file open has the socket; what a process that was killed has left of it is removed.
import { chmod, lstat, mkdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { Unavailable } from '../../../ledger/failure.ts'
import { TookTooLong, type AnalyticSink } from '../sink.ts'
import { ownFolder, socketPath } from './socket-path.ts'

const OWN_ONLY = 0o700
const READ_WRITE_OWN_ONLY = 0o600
export const MAX_QUESTION_BYTES = 262_144
export const MAX_ANSWER_BYTES = 33_554_432
export const MAX_QUESTIONS = 64
export const MAX_SELECTED_ROWS = 10_000
export const MAX_SELECT_MS = 60_000

const columnType = z.enum(['text', 'decimal', 'integer', 'boolean', 'instant', 'date', 'json'])
const questionSchema = z.strictObject({
  select: z.strictObject({
    text: z.string(),
    values: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])),
    columns: z.record(z.string(), columnType),
    orderBy: z.string(),
    limit: z.int().min(1).max(MAX_SELECTED_ROWS),
  }),
  timeoutMs: z.int().min(1).max(MAX_SELECT_MS),
})
export type Question = z.infer<typeof questionSchema>

/** What went wrong, where it is more than that: the other side throws it again. */
const failureNames = ['Unavailable', 'TookTooLong', 'Error'] as const
export interface Failed {
  readonly error: (typeof failureNames)[number]
  readonly message: string
}

export interface Served {
  readonly select: AnalyticSink['select']
  /** For another process that asks for the file. */
  readonly giveUp: () => Promise<void>
}

/** Answers until it is disposed of. */
export async function serve(path: string, served: Served): Promise<AsyncDisposable> {
  const at = await socketPath(path)
  if (process.platform !== 'win32') await makeRoom(at)
  const server = createServer({ requestTimeout: MAX_SELECT_MS }, (request, response) => void answer(served, request, response))
  server.maxConnections = MAX_QUESTIONS
  await listen(server, at)
  if (process.platform !== 'win32') await chmod(at, READ_WRITE_OWN_ONLY)
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Throws where there is something else of that name, or somebody else's folder. */
async function makeRoom(at: string): Promise<void> {
  const folder = dirname(at)
  if (folder === ownFolder()) {
    await mkdir(folder, { mode: OWN_ONLY }).catch(() => undefined)
    const found = await lstat(folder)
    if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0)
      throw new Unavailable(`${folder} must be a folder of this user's own, with nobody else in it: remove it`)
  }
  const found = await lstat(at).catch(() => undefined)
  if (found && !found.isSocket()) throw new Unavailable(`${at} is in the way of a socket of this name: move it`)
  await rm(at, { force: true })
}

const listen = (server: Server, at: string): Promise<void> =>
  new Promise((done, failed) => {
    server.once('error', failed)
    server.listen(at, done)
  })

async function answer({ select, giveUp }: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/give-up') return void response.end(() => void giveUp())
  const gone = new AbortController()
  response.once('close', () => gone.abort(new Error('whoever asked is gone')))
  try {
    const question = questionSchema.parse(JSON.parse(await bodyOf(request)))
    const rows = JSON.stringify({ rows: await select(question.select, { timeoutMs: question.timeoutMs, signal: gone.signal }) })
    if (Buffer.byteLength(rows) > MAX_ANSWER_BYTES) throw new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes: ask for less`)
    response.end(rows)
  } catch (error) {
    response.writeHead(500).end(JSON.stringify(failed(error)))
  }
}

const failed = (error: unknown): Failed => ({
  error: error instanceof Unavailable || error instanceof TookTooLong ? error.name : 'Error',
  message: error instanceof Error ? error.message : String(error),
})

async function bodyOf(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? Infinity) > MAX_QUESTION_BYTES)
    throw new Error(`a question has at most ${MAX_QUESTION_BYTES} bytes`)
  return text(request)
}
