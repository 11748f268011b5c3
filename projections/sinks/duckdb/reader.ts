// Questions to a DuckDB file, whoever has it open: the process that has answers over its socket; where nobody has, the file is opened for the time of the question.
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '../../../ledger/failure.ts'
import { TookTooLong, type AnalyticSink, type SelectedRow } from '../sink.ts'
import { HeldElsewhere } from './failure.ts'
import { duckDbFile } from './file.ts'
import { selectFrom, type SelectOptions } from './select.ts'
import { socketPath } from './socket-path.ts'
import { MAX_ANSWER_BYTES, type Failed, type Question } from './socket.ts'
import { turns } from '../../turns.ts'

/** Who has just opened the file answers in a moment; one that is to have it, in a moment more. */
export const ANSWERS_WITHIN_MS = 5_000
const LOOK_AGAIN_MS = 100
/** After the time that the other side has for it. */
const ANSWERED_WITHIN_MS = 2_000

class NobodyThere extends Error {}
/** There is no socket, or nobody at it; or whoever was at it has ended before it was asked, or before it has answered. */
const NOBODY_THERE = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])

/** Not in a process that keeps the file itself: it must not have it open twice. */
export function duckdbReader(path: string): Pick<AnalyticSink, 'select'> & AsyncDisposable {
  const inTurn = turns({ atATime: 1 })

  async function itself(...[select, options]: Parameters<AnalyticSink['select']>): Promise<readonly SelectedRow[]> {
    await using file = duckDbFile({ path, readOnly: true })
    return await selectFrom(file, select, options)
  }

  return {
    async select(select, options) {
      for (const until = performance.now() + ANSWERS_WITHIN_MS; ;)
        try {
          return await ask(
            await socketPath(path),
            { select: { ...select, values: [...select.values] }, timeoutMs: options.timeoutMs },
            options,
          )
        } catch (error) {
          if (!(error instanceof NobodyThere)) throw error
          try {
            return await inTurn(() => itself(select, options))
          } catch (other) {
            if (performance.now() > until || !(other instanceof HeldElsewhere)) throw other
            await sleep(LOOK_AGAIN_MS, undefined, options.signal && { signal: options.signal })
          }
        }
    },
    // A file that it opened, it has closed.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function ask(socket: string, question: Question, { timeoutMs, signal }: SelectOptions): Promise<readonly SelectedRow[]> {
  const body = Buffer.from(JSON.stringify(question))
  const late = AbortSignal.timeout(timeoutMs + ANSWERED_WITHIN_MS)
  const over = signal ? AbortSignal.any([signal, late]) : late
  return new Promise((done, fail) => {
    const asked = request({
      socketPath: socket,
      method: 'POST',
      path: '/select',
      agent: false,
      headers: { 'content-length': body.length },
      signal: over,
    })
    const lost = (error: NodeJS.ErrnoException): void => {
      if (signal?.aborted) fail(signal.reason as Error)
      else if (late.aborted) fail(new TookTooLong(timeoutMs))
      else if (NOBODY_THERE.has(error.code ?? '')) fail(new NobodyThere())
      else fail(new Unavailable(`the process that has the DuckDB file does not answer: ${error.message}`, { cause: error }))
    }
    asked.once('error', lost)
    asked.once('response', (response) => {
      const pieces: Buffer[] = []
      let bytes = 0
      response.once('error', lost)
      response.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (bytes > MAX_ANSWER_BYTES) asked.destroy(new Error('its answer is too large'))
        else pieces.push(piece)
      })
      response.once('end', () => {
        const answer = JSON.parse(Buffer.concat(pieces).toString()) as { readonly rows: readonly SelectedRow[] } | Failed
        if ('rows' in answer) done(answer.rows)
        else fail(thrown(answer, timeoutMs))
      })
    })
    asked.end(body)
  })
}

function thrown({ error, message }: Failed, timeoutMs: number): Error {
  switch (error) {
    case 'TookTooLong':
      return new TookTooLong(timeoutMs)
    case 'Unavailable':
      return new Unavailable(message)
    case 'Error':
      return new Error(message)
  }
}
