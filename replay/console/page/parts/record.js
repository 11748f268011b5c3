// What a version record says beside its state: the event's data, and where and how the ledger has kept it.
import { h } from '../h.js'
import { timeElement } from '../time.js'
import { fieldList } from './value.js'

/** @import {VersionRecord} from '../types.ts' */
/** @import {Look} from './value.js' */

/** @param {VersionRecord} record @param {Look} look */
export const eventData = (record, look) =>
  h('details', { class: 'card', open: true }, h('summary', {}, `Event: ${record.event}`), fieldList(record.data, look))

/** @param {VersionRecord} record */
export function recordDetails(record) {
  const fields = {
    actor: record.actor,
    recordedAt: timeElement(record.recordedAt),
    effectiveAt: timeElement(record.effectiveAt),
    partition: record.partition,
    position: record.position,
    commandId: record.commandId,
    commandScope: record.commandScope,
    'place in command': `${record.commandSeq + 1} of ${record.commandSize}`,
    correlationId: record.correlationId,
    causationId: record.causationId ?? h('span', { class: 'none' }, 'none'),
    schemaVersion: record.schemaVersion,
  }
  return h(
    'details',
    { class: 'card' },
    h('summary', {}, `Record of version ${record.version}`),
    h(
      'dl',
      { class: 'fields' },
      Object.entries(fields).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    ),
  )
}
