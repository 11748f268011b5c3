// The newest of what comes: bounded, however much that is, and of each version no more than a row shows.
import { compact } from './value.js'

/** @import {ConsoleKind, VersionRecord} from '../types.ts' */

export const MAX_ROWS = 200
/** So many more are held before they are sorted out: sorting each time would cost more than all else. */
const SLACK = 4
const MAX_TOLD_CHARACTERS = 160

/** @typedef {Pick<VersionRecord, 'entityId' | 'kind' | 'version' | 'event' | 'actor' | 'recordedAt'> & { readonly told: string }} FeedRow */

/** @param {readonly ConsoleKind[]} kinds */
export function newest(kinds) {
  /** @type {FeedRow[]} */
  let rows = []
  const fieldsOf = (/** @type {string} */ kind, /** @type {string} */ event) => kinds.find((one) => one.kind === kind)?.events[event]
  const all = () => (rows = rows.sort(byTime).slice(0, MAX_ROWS))
  return {
    /** Newest first. @returns {readonly FeedRow[]} */
    all,
    /** @param {VersionRecord} record */
    add({ entityId, kind, version, event, actor, recordedAt, data }) {
      rows.push({
        entityId,
        kind,
        version,
        event,
        actor,
        recordedAt,
        told: compact(data, fieldsOf(kind, event)).slice(0, MAX_TOLD_CHARACTERS),
      })
      if (rows.length > SLACK * MAX_ROWS) all()
    },
  }
}

/** Partitions come side by side, each in its own order. @param {FeedRow} a @param {FeedRow} b */
const byTime = (a, b) => (a.recordedAt === b.recordedAt ? b.version - a.version : a.recordedAt < b.recordedAt ? 1 : -1)
