// The window of an entity's history that is in memory: however many versions there are, this many are held at most, and others are fetched when they are asked for.
import { ask, entityPath } from './api.js'

/** @import {VersionRecord} from './types.ts' */

export const WINDOW_VERSIONS = 50

/** The version before a window that has a version in its middle, as far as there are others around it. @param {number} version @param {number} latest */
export const windowBefore = (version, latest) => Math.max(0, Math.min(version - WINDOW_VERSIONS / 2, latest - WINDOW_VERSIONS))

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
    /** The version's record, in a window that holds it. Undefined: there is none. @param {number} version @param {number} latest */
    async around(version, latest) {
      if (!find(version)) await read(windowBefore(version, latest))
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
