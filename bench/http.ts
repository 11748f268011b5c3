// Over HTTP, to a server in a process of its own: NDJSON against the library, in turns, on the same ledger; then single requests over 64 connections; and the most memory that the server took.
import { Agent, request } from 'node:http'
import { openLedger } from '../ledger/index.ts'
import { submitAll } from './append.ts'
import { startChild } from './child.ts'
import { parsedAll, submitLine } from './commands.ts'
import type { Bench } from './index.ts'
import { compared, figure, type Result } from './result.ts'
import { median, percentile, seconds } from './statistics.ts'

const LINES = 15_000
const ROUNDS = 3
const CONNECTIONS = 64
const SINGLES = 6_000

export const http: Bench = async ({ server, say }) => {
  const url = await server.ledger()
  await using ledger = await openLedger({ url })
  await using child = await startChild(url)
  const rates: { readonly bulk: number; readonly library: number }[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const submissions = parsedAll(LINES, (n) => submitLine(`library${round}`, n))
    const library = LINES / (await seconds(() => submitAll(ledger, submissions)))
    const body = Array.from({ length: LINES }, (_, n) => JSON.stringify(submitLine(`bulk${round}`, n))).join('\n')
    const bulk = LINES / (await seconds(() => sendLines(child.url, body)))
    say(`http: NDJSON ${Math.round(bulk)}/s, library ${Math.round(library)}/s`)
    if (round > 0) rates.push({ bulk, library })
  }
  const afterBulk = await child.peakMemory()
  const singles = await single(child.url)
  return [
    compared(
      'http: NDJSON, against the library',
      'commands/s',
      median(rates.map(({ bulk }) => bulk)),
      median(rates.map(({ library }) => library)),
      { atLeast: 0.5 },
      median(rates.map(({ bulk, library }) => bulk / library)),
    ),
    ...singles,
    ...(afterBulk === undefined ? [] : [figure('http: most memory of the server, after NDJSON', 'MB', afterBulk)]),
    ...(await peak(child)),
  ]
}

const peak = async (child: { peakMemory(): Promise<number | undefined> }): Promise<readonly Result[]> => {
  const memory = await child.peakMemory()
  return memory === undefined ? [] : [figure('http: most memory of the server, after all', 'MB', memory, { atMost: 700 })]
}

async function sendLines(url: string, body: string): Promise<void> {
  const response = await fetch(`${url}/v1/commands`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body })
  let done = 0
  let rest = ''
  for await (const text of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.includes('"status":201')) done++
  }
  if (done !== LINES) throw new Error(`of ${LINES} lines ${done} were applied`)
}

async function single(url: string): Promise<readonly Result[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const cpu = process.cpuUsage()
  const latencies: number[] = []
  let next = 0
  const taken = await seconds(() =>
    Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (next < SINGLES) latencies.push((await seconds(() => post(url, agent, next++))) * 1000)
      }),
    ),
  )
  agent.destroy()
  const { user, system } = process.cpuUsage(cpu)
  return [
    figure(`http: single POSTs over ${CONNECTIONS} connections`, 'commands/s', latencies.length / taken),
    figure('http: single POSTs, p50', 'ms', percentile(latencies, 0.5)),
    figure('http: single POSTs, p99', 'ms', percentile(latencies, 0.99)),
    figure('http: single POSTs, of the time this client computed', '%', ((user + system) / 1e4 / taken) * 1),
  ]
}

function post(url: string, agent: Agent, n: number): Promise<void> {
  const body = JSON.stringify({
    owner: `single-o${n % 48}`,
    tradeId: `T-${n}`,
    instrument: 'AAPL',
    side: 'buy',
    quantity: '100',
    price: '187.25',
    currency: 'USD',
  })
  return new Promise((done, fail) => {
    const sent = request(`${url}/v1/trades`, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, (response) => {
      response.resume()
      response.on('end', () => (response.statusCode === 201 ? done() : fail(new Error(`a trade was answered ${response.statusCode}`))))
    })
    sent.on('error', fail)
    sent.end(body)
  })
}
