// The version record as it comes from the ledger: over HTTP, SSE or Kafka, the same JSON.
import { NotARecord } from './failure.ts'

export interface VersionRecord {
  readonly entityId: string
  readonly kind: string
  readonly version: number
  /** What happened: `TradeMatched`. */
  readonly event: string
  /** What changed. */
  readonly data: Readonly<Record<string, unknown>>
  /** The whole entity after it. */
  readonly state: Readonly<Record<string, unknown>>
  readonly partition: number
  readonly position: number
  /** With commandScope: the command whose versions these are; commandSeq counts them from 0 to commandSize - 1. */
  readonly commandId: string
  readonly commandScope: string
  readonly commandSeq: number
  readonly commandSize: number
  readonly actor: string
  readonly correlationId: string
  readonly causationId: string | null
  readonly recordedAt: string
  readonly effectiveAt: string
  readonly schemaVersion: number
}

const MAX_SHOWN_CHARACTERS = 200

/** What the kit itself goes by is checked; the rest is the ledger's word. `latest`, which stands in answers about now only, is left out, so that a record is the same however it came. */
export function recordOf(value: unknown): VersionRecord {
  const { latest: _, ...record } = (value ?? {}) as VersionRecord & { readonly latest?: boolean }
  const { entityId, version, recordedAt } = record
  if (typeof entityId !== 'string' || entityId === '' || !Number.isSafeInteger(version) || version < 1 || typeof recordedAt !== 'string')
    throw new NotARecord(`this is no version record of a ledger: ${JSON.stringify(value)?.slice(0, MAX_SHOWN_CHARACTERS)}`)
  return record
}

/** The same for one version of one entity: what deliveries are told apart by. */
export const keyOf = ({ entityId, version }: Pick<VersionRecord, 'entityId' | 'version'>): string => `${entityId}@${version}`
