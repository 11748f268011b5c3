// A bank's transactions up to a day, as a file of their own to import, and what the bank itself says of each.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Example } from '../example.ts'
import { sharedData } from '../shared-data.ts'

export const berka = sharedData('berka')

/** The file's last day. */
export const BERKA_END = '940331'
/** Amounts and balances are rounded by the bank: a row may be so much beside the one before, in haler. */
export const BERKA_TOLERANCE = 10

/** As the file has it; money in haler. */
export interface Posted {
  readonly id: string
  readonly account: string
  readonly day: string
  /** Below zero for an expense. */
  readonly amount: number
  readonly balance: number
}

export interface BerkaPart {
  readonly rows: readonly Posted[]
  /** Brings it into the ledger of the server at that URL. */
  readonly example: (url: string) => Example
}

export const haler = (text: string): number => Math.round(Number(text) * 100)

const FIELDS = 10

/** `lastDay`: as the bank writes it, 930630. */
export async function berkaPart(folder: string, lastDay: string): Promise<BerkaPart> {
  const [header = '', ...lines] = berka.text('trans.asc.gz').split('\r\n')
  const part = lines.filter((line) => (line.split(';')[2] ?? '') <= lastDay)
  const file = join(folder, 'trans.asc')
  await writeFile(file, [header, ...part].join('\r\n'), 'latin1')
  return {
    rows: part.flatMap((line) => {
      const fields = line.split(';')
      const [id = '', account = '', day = '', type, , amount = '', balance = ''] = fields
      const sign = type === '"PRIJEM"' ? 1 : -1
      return fields.length === FIELDS ? [{ id, account, day, amount: sign * haler(amount), balance: haler(balance) }] : []
    }),
    example: (url) => ({ name: 'import-berka', args: [file, berka.path('posting_order.json.gz'), '--url', url] }),
  }
}
