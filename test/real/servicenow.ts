// A desk's log of incidents, some of it as a file of its own to import, and its rows as they stand there.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Example } from '../example.ts'
import { sharedData } from '../shared-data.ts'

export const servicenow = sharedData('servicenow')

/** The incident with most rows. */
export const LONGEST_INCIDENT = 'INC0019396'

export interface ServicenowReference {
  readonly columns: readonly string[]
  readonly final_states: Readonly<Record<string, number>>
  readonly as_of: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** How the hash was made, and the hash. */
  readonly final_rows_sha256: string
}

export type Row = Readonly<Record<string, string>>

export interface ServicenowPart {
  readonly everything: readonly Row[]
  /** Those that are imported, in the order of the file. */
  readonly rows: readonly Row[]
  /** Brings it into the ledger of that database. */
  readonly example: (databaseUrl: string) => Example
}

/** The first rows, and those of the longest incident. */
export async function servicenowPart(folder: string, count: number): Promise<ServicenowPart> {
  const [header = '', ...lines] = servicenow.text('incident_event_log.csv.gz').trimEnd().split(/\r?\n/)
  const columns = header.split(',')
  const everything = lines.map((line): Row => Object.fromEntries(line.split(',').map((value, n) => [columns[n], value])))
  const isIn = (row: Row | undefined, n: number): boolean => n < count || row?.['number'] === LONGEST_INCIDENT
  const file = join(folder, 'log.csv')
  const part = lines.filter((_, n) => isIn(everything[n], n))
  await writeFile(file, [header, ...part].map((line) => `${line}\n`).join(''), 'latin1')
  return {
    everything,
    rows: everything.filter(isIn),
    example: (url) => ({ name: 'import-servicenow', args: [file], env: { STRATA_DATABASE_URL: url } }),
  }
}

/** `29/2/2016 01:23`, in UTC. */
export function servicenowInstant(text = ''): string {
  const [, day = '', month = '', year = '', time = ''] = /^(\d+)\/(\d+)\/(\d+) (.+)$/.exec(text) ?? []
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${time}:00.000000Z`
}

/** Incidents by state, by the rule of the reference: of each the last row of the file that is not later than the instant. */
export function statesOf(rows: readonly Row[], instant = '9999'): Readonly<Record<string, number>> {
  const states = new Map<string, string>()
  for (const row of rows)
    if (servicenowInstant(row['sys_updated_at']) <= instant) states.set(row['number'] ?? '', row['incident_state'] ?? '')
  return countedBy([...states.values()])
}

export function countedBy(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
