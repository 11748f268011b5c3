// A view with a column of every type, for tests: it keeps what a version's data says.
import { z } from 'zod'
import { ownerOf } from '../../../ledger/entity-id.ts'
import type { JsonObject } from '../../../ledger/json.ts'
import type { VersionRecord } from '../../../ledger/record.ts'
import { defineProjection, type Projection } from '../../projection.ts'
import { version } from '../made-up.testing.ts'

export interface Typed {
  readonly owner: string
  readonly text?: string
  readonly price?: string
  readonly count?: number
  readonly isOpen?: boolean
  readonly madeAt?: string
  readonly day?: string
  readonly extra?: unknown
}

export const typed = (name: string): Projection =>
  defineProjection<string, Typed>({
    name,
    version: 1,
    summary: "One of each type; it's for tests",
    kinds: ['trade'],
    key: ({ entityId }) => entityId,
    apply: (_, { entityId, data }) => ({ ...data, owner: ownerOf(entityId) }),
    shown: z.object({}),
    filters: ['owner', 'text'],
    spreadBy: { member: 'owner', of: ownerOf },
    columns: {
      owner: 'text',
      text: 'text',
      price: 'decimal',
      count: 'integer',
      isOpen: 'boolean',
      madeAt: 'instant',
      day: 'date',
      extra: 'json',
    },
    clusterBy: ['owner', { dayOf: 'madeAt' }],
  })

/** The nth version, of an entity of its own. */
export function typedVersion(n: number, data: Omit<Typed, 'owner'>): VersionRecord {
  const { commandScope: owner, ...rest } = version(n)
  return { ...rest, commandScope: owner, entityId: `trade:${owner}:X-${n}`, data: data as JsonObject }
}
