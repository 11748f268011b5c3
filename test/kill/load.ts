// The load: hands that send commands with keys, in every way there is, and keep what became of each: acknowledged, with its versions; refused; or unsure, because no whole answer came.
import assert from 'node:assert/strict'
import type { Server } from './server.ts'
import { ask } from './server.ts'
import { pick, type Random } from './random.ts'

export interface Line {
  readonly command: string
  readonly entityId: string
  readonly commandId: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Lines that were sent together; if atomic, they are one unit. */
export interface Sending {
  readonly lines: readonly Line[]
  readonly atomic: boolean
}

export interface Book {
  /** By key: the versions of each acknowledged command, `entity@version`. */
  readonly acknowledged: Map<string, readonly string[]>
  readonly unsure: Set<Sending>
  /** By key: every line that was sent. */
  readonly sent: Map<string, Line>
  /** Keys of every atomic unit that was sent. */
  readonly atomicUnits: (readonly string[])[]
  refused: number
}

export const newBook = (): Book => ({ acknowledged: new Map(), unsure: new Set(), sent: new Map(), atomicUnits: [], refused: 0 })

interface Receipt {
  readonly versions: readonly { readonly entityId: string; readonly version: number }[]
}

interface LineAnswer {
  readonly line: number
  readonly status: number
  readonly receipt?: Receipt
}

const NOT_DECIDED = new Set([424, 429, 503])

/** Whoever asks again is told the same. */
function acknowledge({ acknowledged }: Book, key: string, { versions }: Receipt): void {
  const told = versions.map(({ entityId, version }) => `${entityId}@${version}`)
  assert.deepEqual(told, acknowledged.get(key) ?? told, `${key} was acknowledged twice, with other versions`)
  acknowledged.set(key, told)
}

/** Sends lines by the bulk route, and books what comes back. Answers whether all of it was decided. */
export async function send(url: string, sending: Sending, book: Book): Promise<boolean> {
  const { lines, atomic } = sending
  const body = lines.map((line) => JSON.stringify(line)).join('\n')
  const answered = await ask(url, 'POST', `/v1/commands${atomic ? '?mode=atomic' : ''}`, body, {
    'content-type': 'application/x-ndjson',
  }).catch(() => undefined)
  const whole = (answered?.text ?? '').split('\n').slice(0, -1)
  const answers = whole.map((text) => JSON.parse(text) as LineAnswer).filter(({ line }) => line !== undefined)
  let decided = 0
  for (const { line, status, receipt } of answers) {
    const sent = lines[line - 1]
    if (sent === undefined) throw new Error(`an answer to line ${line} of ${lines.length}`)
    if (receipt) acknowledge(book, sent.commandId, receipt)
    else if (status >= 500 && status !== 503) throw new Error(`${JSON.stringify(sent)} was answered ${status}`)
    else if (!NOT_DECIDED.has(status)) book.refused++
    else continue
    decided++
  }
  // In an atomic request that was refused, the other lines have no answer of their own.
  return decided === lines.length || (atomic && answers.some(({ status }) => status >= 400 && !NOT_DECIDED.has(status)))
}

/** A command on its own route, with its key in the header. */
async function post(url: string, path: string, line: Line, body: object, book: Book): Promise<boolean> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': line.commandId }
  const answered = await ask(url, 'POST', path, JSON.stringify(body), headers).catch(() => undefined)
  if (answered === undefined || NOT_DECIDED.has(answered.status)) return false
  if (answered.status >= 500) throw new Error(`${path} was answered ${answered.status} ${answered.text}`)
  if (answered.status < 300) acknowledge(book, line.commandId, JSON.parse(answered.text) as Receipt)
  else book.refused++
  return true
}

export const owners = Array.from({ length: 8 }, (_, n) => `o${n}`)
export const accountOf = (owner: string): string => `account:${owner}:A`

interface Hand {
  readonly server: Pick<Server, 'url'>
  readonly book: Book
  readonly chance: Random
  readonly nextKey: () => string
  readonly running: () => boolean
}

const transferLine = ({ chance, nextKey }: Hand): Line => {
  const from = pick(chance, owners)
  const to = pick(
    chance,
    owners.filter((owner) => owner !== from),
  )
  return { command: 'TransferFunds', entityId: accountOf(from), commandId: nextKey(), data: { toAccountId: accountOf(to), amount: '1.5' } }
}

/** Unsure until it is decided. */
async function booked(hand: Hand, sending: Sending, sent: () => Promise<boolean>): Promise<void> {
  hand.book.unsure.add(sending)
  for (const line of sending.lines) hand.book.sent.set(line.commandId, line)
  if (sending.atomic) hand.book.atomicUnits.push(sending.lines.map(({ commandId }) => commandId))
  if (await sent()) hand.book.unsure.delete(sending)
  else await new Promise((next) => setTimeout(next, 20))
}

async function transfers(hand: Hand): Promise<void> {
  while (hand.running()) {
    const line = transferLine(hand)
    const body = { fromAccountId: line.entityId, ...line.data }
    await booked(hand, { lines: [line], atomic: false }, () => post(hand.server.url, '/v1/transfers', line, body, hand.book))
  }
}

/** A trade that uses an account, from its order to its end: hold, two movements, and what is left given back. */
async function trades(hand: Hand): Promise<void> {
  while (hand.running()) {
    const owner = pick(hand.chance, owners)
    const key = hand.nextKey()
    const entityId = `trade:${owner}:T-${key}`
    const terms = {
      instrument: 'AAPL',
      side: pick(hand.chance, ['buy', 'sell']),
      quantity: '3',
      price: '1.25',
      currency: 'USD',
      fundingAccountId: accountOf(owner),
    }
    const fill = { quantity: '1', price: '1.2', commission: '0.01' }
    const steps: readonly Line[] = [
      { command: 'SubmitTrade', entityId, commandId: key, data: terms },
      { command: 'RecordExecution', entityId, commandId: hand.nextKey(), data: { executionId: 'e1', ...fill } },
      { command: 'RecordExecution', entityId, commandId: hand.nextKey(), data: { executionId: 'e2', ...fill } },
      { command: 'BustExecution', entityId, commandId: hand.nextKey(), data: { executionId: 'e1', reason: 'wrong' } },
      { command: 'CancelTrade', entityId, commandId: hand.nextKey(), data: {} },
    ]
    for (const line of steps) {
      if (!hand.running()) return
      await booked(hand, { lines: [line], atomic: false }, () => send(hand.server.url, { lines: [line], atomic: false }, hand.book))
    }
  }
}

async function bulk(hand: Hand, atomic: boolean, length: number): Promise<void> {
  while (hand.running()) {
    const sending = { atomic, lines: Array.from({ length }, () => transferLine(hand)) }
    await booked(hand, sending, () => send(hand.server.url, sending, hand.book))
  }
}

/** Everything at once, until the flag falls. */
export async function load(hand: Hand): Promise<void> {
  const all = [
    ...Array.from({ length: 6 }, () => transfers(hand)),
    ...Array.from({ length: 4 }, () => trades(hand)),
    bulk(hand, false, 100),
    bulk(hand, false, 10),
    bulk(hand, true, 20),
    bulk(hand, true, 5),
  ]
  await Promise.all(all)
}
