// ServiceNow's log of incidents (incident_event_log.csv, a row per edit) into a ledger, with the library: each incident becomes a ticket, each row one version of it. `status` is the desk's own
// word, `fields` has every column as it stands there, and the version holds from the row's sys_updated_at on, read as UTC. Run it twice, or kill it and run it again: the ledger is the same.
//
//   STRATA_DATABASE_URL=postgres://… node examples/import-servicenow.ts incident_event_log.csv.gz [--owner servicenow]
//
// What makes that so: each row's command has a key (the incident and how many rows of it came before), so the ledger knows it again; and names the version of the ticket that it expects.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'
import { type Command, openByEnvironment, submitUnits, type Unit } from './submit-units.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { owner: { type: 'string', default: 'servicenow' } } })
const [file] = positionals
if (!file) throw new Error('usage: node examples/import-servicenow.ts incident_event_log.csv[.gz] [--owner …]')

type Row = Readonly<Record<string, string>>

/** What stood in an incident's row before, and how many there were. */
interface Ticket {
  readonly version: number
  readonly text: string
}

const DAY_MONTH_YEAR = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d\d:\d\d)$/

/** `29/2/2016 01:23`, in UTC; what is no time is left as it is, and refused by the ledger. */
function instantOf(text: string): string {
  const [, day = '', month = '', year = '', time = ''] = DAY_MONTH_YEAR.exec(text) ?? []
  return year ? `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${time}:00Z` : text
}

/** Values of a line; quoted ones may hold commas, and quotes twice. */
const valuesOf = (text: string): readonly string[] =>
  Array.from(`,${text}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g), ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain)

function toCommand(row: Row, version: number): Command {
  const { number = '', incident_state: status, priority, sys_updated_at: updatedAt = '' } = row
  const common = {
    entityId: `ticket:${values.owner}:${number}`,
    commandId: `servicenow:${number}:${version + 1}`,
    expectedVersion: version,
    effectiveAt: instantOf(updatedAt),
  }
  const said = { subject: number, ...(priority && { priority }), status }
  // a field has at least one character: an empty column is none, and one that was not empty before goes away
  if (version > 0) return { ...common, command: 'EditTicket', data: { ...said, fields: mapped(row, (value) => value || null) } }
  return { ...common, command: 'OpenTicket', data: { ...said, fields: mapped(row, (value) => value || undefined) } }
}

const mapped = <Value>(row: Row, map: (value: string) => Value) =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, map(value)]))

async function* units(path: string): AsyncGenerator<Unit> {
  const stream = createReadStream(path)
  const lines = createInterface({ input: path.endsWith('.gz') ? stream.pipe(createGunzip()) : stream, crlfDelay: Infinity })
  const tickets = new Map<string, Ticket>()
  let columns: readonly string[] | undefined
  let line = 0
  for await (const text of lines) {
    line++
    if (text === '') continue
    const read = valuesOf(text)
    if (!columns) {
      columns = read
      continue
    }
    const row = Object.fromEntries(columns.map((name, n) => [name, read[n] ?? '']))
    const before = tickets.get(row['number'] ?? '')
    if (before?.text === text) continue // the same row again changes nothing, so it is no version
    const version = before?.version ?? 0
    tickets.set(row['number'] ?? '', { version: version + 1, text })
    yield { line, commands: [toCommand(row, version)] }
  }
}

await using ledger = await openByEnvironment()
console.log(JSON.stringify(await submitUnits(ledger, 'import-servicenow', units(file))))
