// The transactions of a Czech bank (the Berka data set) into a running server, over HTTP: each account becomes an account without limit, each transaction a deposit or a withdrawal that holds from
// the bank's own date on. Run it twice, or kill it and run it again: the ledger is the same.
//
//   node examples/import-berka.ts trans.asc.gz posting_order.json.gz [--url http://127.0.0.1:7480] [--owner berka]        TOKEN=… where the server wants one
//
// What makes that so: each command has a key (the bank's own number of the transaction), so the ledger knows it again; and each names the version of the account that it expects, so none is
// applied before the one in front of it.
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string', default: 'http://127.0.0.1:7480' }, owner: { type: 'string', default: 'berka' } },
})
const [transactionsFile, orderFile] = positionals
if (!transactionsFile || !orderFile)
  throw new Error('usage: node examples/import-berka.ts trans.asc.gz posting_order.json.gz [--url …] [--owner …]')

const CURRENCY = 'CZK'
const LINES_A_REQUEST = 5_000
const FIELDS = 10
/** Income, expense, and expense in cash. */
const COMMANDS: Readonly<Record<string, string>> = { PRIJEM: 'Deposit', VYDAJ: 'Withdraw', VYBER: 'Withdraw' }
const MAX_TRIES = 10
/** Rate limit, overload, database away: the same lines are sent again. */
const TRY_AGAIN: readonly number[] = [409, 429, 503]

interface Transaction {
  readonly line: number
  readonly id: string
  readonly account: string
  /** As the bank has it: 930131. */
  readonly date: string
  readonly command: string
  readonly amount: string
  /** What it was, and with whom. */
  readonly words: string
}

interface Reject {
  readonly line: number
  readonly reason: string
}

const textOf = async (file: string): Promise<string> => {
  const bytes = await readFile(file)
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('latin1')
}

/** A line of the file, `695247;2378;930101;"PRIJEM";"VKLAD";700.00;700.00;"";;`; the last one may be cut. */
function readTransaction(text: string, line: number): Transaction | Reject {
  const fields = text.split(';').map((field) => field.replaceAll('"', '').trim())
  if (fields.length !== FIELDS) return { line, reason: `a transaction has ${FIELDS} fields, this line ${fields.length}` }
  const [id = '', account = '', date = '', type = '', operation = '', amount = '', , symbol = '', bank = '', partner = ''] = fields
  const words = [operation || type, symbol, bank, partner].filter(Boolean).join(' ')
  const command = COMMANDS[type]
  return command ? { line, id, account, date, command, amount, words } : { line, reason: `${type} is neither income nor expense` }
}

/** Of one day the file has no order, and the other file has the bank's: an account's next line stands for the one of its transactions that was posted next. */
function* inPostingOrder(transactions: readonly Transaction[], order: Readonly<Record<string, readonly number[]>>): Generator<Transaction> {
  const places = new Map(Object.values(order).flatMap((ids) => ids.map((id, place) => [String(id), place])))
  const placeOf = ({ id }: Transaction): number => places.get(id) ?? Number.MAX_SAFE_INTEGER
  const queues = Map.groupBy(transactions, ({ account }) => account)
  for (const queue of queues.values()) queue.sort((a, b) => placeOf(a) - placeOf(b))
  for (const one of transactions) yield queues.get(one.account)?.shift() ?? one
}

/** A line of the request, and of the file; that of an opening goes with the transaction after it. */
interface Line {
  readonly json: string
  readonly line?: number
}

function* commandsOf(transactions: Iterable<Transaction>): Generator<Line> {
  const versions = new Map<string, number>()
  for (const { line, id, account, date, command, amount, words } of transactions) {
    const entityId = `account:${values.owner}:${account}`
    const effectiveAt = `19${date.slice(0, 2)}-${date.slice(2, 4)}-${date.slice(4)}T00:00:00Z`
    const version = versions.get(account) ?? 1
    versions.set(account, version + 1)
    const opening = { command: 'OpenAccount', entityId, data: { currency: CURRENCY, limit: null }, commandId: `berka:open:${account}` }
    if (version === 1) yield { json: JSON.stringify({ ...opening, expectedVersion: 0, effectiveAt }) }
    const movement = { command, entityId, data: { amount, reference: `${id} ${words}` }, commandId: `berka:${id}` }
    yield { line, json: JSON.stringify({ ...movement, expectedVersion: version, effectiveAt }) }
  }
}

interface LineAnswer {
  readonly status: number
  readonly replayed?: boolean
  readonly problem?: { readonly code: string; readonly detail: string }
}

async function send(lines: readonly string[]): Promise<readonly LineAnswer[]> {
  const token = process.env['TOKEN']
  const headers = {
    'content-type': 'application/x-ndjson',
    'x-strata-actor': 'import-berka',
    ...(token && { authorization: `Bearer ${token}` }),
  }
  for (let tries = 1; ; tries++) {
    const response = await fetch(`${values.url}/v1/commands`, { method: 'POST', headers, body: lines.join('\n') })
    const text = await response.text()
    if (response.ok) {
      const answers = JSON.parse(`[${text.trim().replaceAll('\n', ',')}]`) as readonly LineAnswer[]
      if (!answers.some(({ status }) => TRY_AGAIN.includes(status))) return answers
    } else if (!TRY_AGAIN.includes(response.status)) throw new Error(`the server says ${response.status}: ${text}`)
    if (tries === MAX_TRIES) throw new Error('the server can not take it now: run it again later, and it goes on')
    await sleep(tries * 500)
  }
}

const lines = (await textOf(transactionsFile)).trimEnd().split('\n').slice(1)
const read = lines.map((text, n) => readTransaction(text, n + 2))
const counts = { rows: read.length, applied: 0, replayed: 0, rejected: 0, rejects: read.filter((one) => 'reason' in one) }
const order = JSON.parse(await textOf(orderFile)) as Readonly<Record<string, readonly number[]>>
const transactions = read.filter((one) => 'id' in one)
const commands = [...commandsOf(inPostingOrder(transactions, order))]

for (let from = 0; from < commands.length; from += LINES_A_REQUEST) {
  const some = commands.slice(from, from + LINES_A_REQUEST)
  const answers = await send(some.map(({ json }) => json))
  for (const [n, { replayed, problem }] of answers.entries()) {
    const line = some[n]?.line
    if (line === undefined) continue
    if (problem) counts.rejects.push({ line, reason: `${problem.code}: ${problem.detail}` })
    else counts[replayed ? 'replayed' : 'applied']++
  }
}
console.log(JSON.stringify({ ...counts, rejected: counts.rejects.length }))
