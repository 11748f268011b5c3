// The window of an entity's history that is in memory: however many versions there are, this many are held at most, and others are fetched when they are asked for.
import { ask, entityPath } from './api.js'

/** @import {VersionRecord} from './types.ts' */

export const WINDOW_VERSIONS = 50

/** The version before the window that holds a version: windows lie side by side, from version 1 on. @param {number} version */
export const windowBefore = (version) => Math.floor((version - 1) / WINDOW_VERSIONS) * WINDOW_VERSIONS

/** @typedef {ReturnType<typeof historyWindow>} HistoryWindow */

/**
 * @param {string} id
 * @param {AbortSignal} signal
 */
export function historyWindow(id, signal) {
  /** @type {readonly VersionRecord[]} */
  let versions = []
  const find = (/** @type {number} */ version) => versions.find((record) => record.version === version)
  const read = async (/** @type {number} */ after) => {
    versions = (await ask(entityPath(id, '/history', { after, limit: WINDOW_VERSIONS }), signal)).versions
  }

  return {
    get versions() {
      return versions
    },
    /** The version's record, in a window that holds it. Undefined: there is none. @param {number} version */
    async around(version) {
      if (!find(version)) await read(windowBefore(version))
      // a page of large states ends early
      if (!find(version)) await read(version - 1)
      return find(version)
    },
    later: () => read(versions.at(-1)?.version ?? 0),
    earlier: () => read(Math.max(0, (versions[0]?.version ?? 1) - 1 - WINDOW_VERSIONS)),
    /** What is held has grown old. */
    forget() {
      versions = []
    },
  }
}
