// Commands at a given rate, as clients send them: over HTTP, a dozen streams of lines, each line when it is due. How long each waits for its receipt is measured from when it was due, so a server that stalls is not
// spared the commands that wait meanwhile.
import { request } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { submitLine } from '../commands.ts'
import { executeLine } from './traded.ts'

const STREAMS = 12
const TICK_MS = 2

export interface Pace {
  /** Infinity: as fast as they are taken. */
  readonly perSecond: number
  readonly commands: number
}

/** Trades, each submitted and then executed in part: two versions each. From when each command was due to its receipt, in milliseconds. */
export async function paced(url: string, run: string, { perSecond, commands }: Pace): Promise<readonly number[]> {
  const latencies: number[] = []
  const streams = Array.from({ length: STREAMS }, (_, stream) => openStream(url, latencies, (n) => lineOf(run, stream, n)))
  const started = performance.now()
  const due = (at: number): number => Math.floor(((at - started) / 1_000) * perSecond)
  for (let sent = 0; sent < commands; await sleep(TICK_MS)) {
    for (const until = Math.min(commands, due(performance.now())); sent < until; sent++)
      streams[sent % STREAMS]?.send(started + (sent / perSecond) * 1_000)
    for (const { flush } of streams) flush()
  }
  await Promise.all(streams.map(({ end }) => end()))
  return latencies
}

function lineOf(run: string, stream: number, n: number): object {
  const trade = Math.floor(n / 2) * STREAMS + stream
  return n % 2 === 0 ? submitLine(run, trade) : executeLine(run, trade)
}

interface Stream {
  readonly send: (dueAt: number) => void
  readonly flush: () => void
  readonly end: () => Promise<void>
}

function openStream(url: string, latencies: number[], line: (n: number) => object): Stream {
  const due: number[] = []
  let answered = 0
  let buffered = ''
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  promise.catch(() => undefined)
  const sent = request(`${url}/v1/commands`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } }, (response) => {
    const lines = createInterface({ input: response, crlfDelay: Infinity })
    lines.on('line', (text) => {
      latencies.push(performance.now() - (due[answered++] ?? NaN))
      if (!/"status":20[01]/.test(text)) reject(new Error(`a command of the bench was refused: ${text}`))
    })
    lines.on('close', () =>
      answered === due.length ? resolve() : reject(new Error(`${due.length - answered} commands were not answered`)),
    )
  })
  sent.on('error', reject)
  return {
    send(dueAt) {
      buffered += `${JSON.stringify(line(due.length))}\n`
      due.push(dueAt)
    },
    flush() {
      if (buffered !== '') sent.write(buffered)
      buffered = ''
    },
    end() {
      sent.end()
      return promise
    },
  }
}
