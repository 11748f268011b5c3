// Promises: version records as people read them: short lines, nothing left out that tells two versions apart.

import type { JsonObject } from '../ledger/json.ts'
import type { CurrentRecord, VersionRecord } from '../ledger/record.ts'
import { aligned, shown } from './output.ts'

const MAX_DATA_CHARACTERS = 100

/** A record and its state, a member a line. */
export function recordText(record: VersionRecord | CurrentRecord): readonly string[] {
  const newest = 'latest' in record && record.latest ? ' (latest)' : ''
  const facts: [string, string][] = [
    ['version', `${record.version}${newest}, ${record.event}`],
    ['recorded', record.recordedAt],
    ['effective', record.effectiveAt],
    ['command', `${record.commandId}, by ${record.actor}`],
    ['place', `partition ${record.partition}, position ${record.position}`],
  ]
  const state = Object.entries(record.state).map(([name, value]): [string, string] => [`  ${name}`, shown(value)])
  return [record.entityId, ...aligned(facts), 'state', ...aligned(state)]
}

/** A version as one line. */
export const versionLine = ({ version, recordedAt, effectiveAt, event, actor, data }: VersionRecord): string =>
  [`v${version}`.padEnd(5), recordedAt, event, `by ${actor}`, effectiveAt === recordedAt ? '' : `effective ${effectiveAt}`, shortened(data)]
    .filter((part) => part !== '')
    .join('  ')

export const feedLine = (record: VersionRecord): string =>
  `${`${record.partition}/${record.position}`.padEnd(9)} ${record.entityId}  ${versionLine(record)}`

function shortened(data: JsonObject): string {
  const text = JSON.stringify(data)
  return text.length <= MAX_DATA_CHARACTERS ? text : `${text.slice(0, MAX_DATA_CHARACTERS)}…`
}
