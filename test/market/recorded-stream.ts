// Promises: a stream as a bad feed would send it, made of real rows: bars out of order, twice, wrong at first and corrected later; the same for the same seed. What it comes to is what the rows say.
import { pick, type Random } from '../kill/random.ts'

/** `date,open,high,low,close,volume,Name` */
export type Row = readonly string[]

export interface StreamMessage {
  readonly start: string
  /** JSON, its numbers as the row has them. */
  readonly text: string
}

const WRONG = 0.03
const TWICE = 0.05
const LATE_BY = [1, 2, 5, 20, 50] as const
const SHUFFLED_BY = 8

const messageOf = (
  [day = '', open = '', high = '', low = '', close = '', volume = '', symbol = '']: Row,
  revision: number,
): StreamMessage => {
  const prices = Object.entries({ open, high, low, close, volume }).filter(([, value]) => value !== '')
  const members = prices.map(([name, value]) => `"${name}":${value}`).join(',')
  return { start: day, text: `{"symbol":"${symbol}","interval":"day","start":"${day}","revision":${revision},${members}}` }
}

const wrong = (row: Row): Row => row.with(4, String(Number(row[4]) * 1.5))

export function badStream(rows: readonly Row[], chance: Random): readonly StreamMessage[] {
  const inOrder = rows.toSorted((a, b) => (`${a[0]} ${a[6]}` < `${b[0]} ${b[6]}` ? -1 : 1))
  const placed: { readonly at: number; readonly message: StreamMessage }[] = []
  for (const [n, row] of inOrder.entries()) {
    const isWrong = chance() < WRONG
    const place = (message: StreamMessage, late: number) => placed.push({ at: n + late + chance() * SHUFFLED_BY, message })
    place(messageOf(isWrong ? wrong(row) : row, 1), 0)
    if (isWrong) place(messageOf(row, 2), pick(chance, LATE_BY))
    if (chance() < TWICE) place(messageOf(isWrong ? wrong(row) : row, 1), pick(chance, LATE_BY))
  }
  return placed
    .toSorted((a, b) => a.at - b.at)
    .map(({ message }, cursor) => ({ ...message, text: message.text.replace('}', `,"cursor":"${cursor}"}`) }))
}

/** Where to begin for whoever asks. */
export function firstOf(messages: readonly StreamMessage[], cursor: string | undefined, since: string | undefined): number {
  if (cursor !== undefined) return Number(cursor) + 1
  if (since === undefined) return 0
  const first = messages.findIndex(({ start }) => start >= since.slice(0, 10))
  return first === -1 ? messages.length : first
}
