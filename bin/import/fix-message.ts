// One line of a FIX log, read: whatever the logger wrote in front, then the message, `8=FIX.4.4;9=326;35=D;…;10=105;`, its fields ended by SOH or what the logger put in its place. Pure.
import { parseInstant, type Instant } from '../../ledger/instant.ts'
import type { Refusal } from './import-line.ts'

/** The fields that are read, by what FIX calls them. */
export const TAG = {
  checkSum: '10',
  clOrdId: '11',
  cumQty: '14',
  currency: '15',
  execId: '17',
  execRefId: '19',
  execTransType: '20',
  lastMkt: '30',
  lastPx: '31',
  lastQty: '32',
  msgType: '35',
  orderId: '37',
  orderQty: '38',
  origClOrdId: '41',
  price: '44',
  senderCompId: '49',
  sendingTime: '52',
  side: '54',
  symbol: '55',
  targetCompId: '56',
  text: '58',
  transactTime: '60',
  execType: '150',
  securityExchange: '207',
} as const

/** Values by tag, as they stand there; a tag that comes again does not count. */
export type FixMessage = ReadonlyMap<string, string>

const BEGIN = /8=FIXT?\.\d\.\d/
const DELIMITERS = ['\u0001', '^A', ';', '|']
const CHECK_SUM = /^\d{3}\s*$/
const FIELD = /^(\d{1,5})=(.*)$/s

export function readFixMessage(line: string): FixMessage | Refusal {
  const begin = BEGIN.exec(line)
  if (!begin) return { refused: 'there is no FIX message in the line' }
  const delimiter = DELIMITERS.find((one) => line.startsWith(one, begin.index + begin[0].length))
  if (delimiter === undefined) return { refused: 'the fields of the message are ended by none of SOH, ^A, ; and |' }
  const message = new Map<string, string>()
  for (const [tag, value] of fieldsOf(line.slice(begin.index).split(delimiter), delimiter)) if (!message.has(tag)) message.set(tag, value)
  if (!CHECK_SUM.test(message.get(TAG.checkSum) ?? '')) return { refused: 'the message is cut: it does not end in a CheckSum (10)' }
  return message.has(TAG.msgType) ? message : { refused: 'the message has no MsgType (35)' }
}

/** A text may hold the character that ends fields: what begins with no tag belongs to the value before. */
function fieldsOf(pieces: readonly string[], delimiter: string): readonly (readonly [string, string])[] {
  const fields: [string, string][] = []
  for (const piece of pieces) {
    const [, tag, value = ''] = FIELD.exec(piece) ?? []
    const last = fields.at(-1)
    if (tag !== undefined) fields.push([tag, value])
    else if (last && piece.trim() !== '') last[1] += delimiter + piece
  }
  return fields
}

const UTC_TIMESTAMP = /^(\d{4})(\d\d)(\d\d)-(\d\d:\d\d:\d\d)(?:\.(\d{1,12}))?$/
/** Microseconds kept: what is finer is cut, not rounded. */
const DECIMALS = 6

/** FIX's UTCTimestamp, `20200302-11:14:36.393`. */
export function fixInstant(text: string): Instant | undefined {
  const [, year, month, day, time, fraction = ''] = UTC_TIMESTAMP.exec(text) ?? []
  return year === undefined
    ? undefined
    : parseInstant(`${year}-${month}-${day}T${time}.${fraction.slice(0, DECIMALS).padEnd(DECIMALS, '0')}Z`)
}

/** When what the message says took place: TransactTime, or else SendingTime. */
export const timeOf = (message: FixMessage): Instant | undefined =>
  fixInstant(message.get(TAG.transactTime) ?? message.get(TAG.sendingTime) ?? '')
