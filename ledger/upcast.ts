// Old shapes become today's, on read: nothing stored is ever changed.
import type { JsonObject } from './json.ts'
import type { Kind, LedgerEvent } from './kind.ts'

export interface Shape extends LedgerEvent {
  readonly state: JsonObject
}

/** Lifts an event and the state after it from the schema version they were stored in to today's. Throws where the ledger is newer than this program. */
export function upcast(kind: Kind | undefined, storedVersion: number, stored: Shape): Shape & { readonly schemaVersion: number } {
  const { event, data, state } = stored
  if (kind === undefined || storedVersion === kind.schemaVersion) return { event, data, state, schemaVersion: storedVersion }
  if (storedVersion > kind.schemaVersion) {
    throw new Error(
      `a ${kind.kind} is stored in schema version ${storedVersion}; this program knows ${kind.schemaVersion}: it is older than the ledger, upgrade it`,
    )
  }
  let lifted: Shape = { event, data, state }
  for (let version = storedVersion; version < kind.schemaVersion; version++) {
    const upcaster = kind.upcasters[version]
    lifted = {
      ...(upcaster?.event?.(lifted) ?? { event: lifted.event, data: lifted.data }),
      state: upcaster?.state?.(lifted.state) ?? lifted.state,
    }
  }
  return { ...lifted, schemaVersion: kind.schemaVersion }
}
