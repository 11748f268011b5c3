// Every account as it is. What the state calls `limit` is `least` here, since SQL has that word for itself, and it is absent where there is none.
import { z } from 'zod'
import type { AccountState } from '../../ledger/entities/account.ts'
import { keptAmounts, keptDecimal } from '../../ledger/entities/kept.ts'
import { ownerOf } from '../../ledger/entity-id.ts'
import { keptInstant, type Instant } from '../../ledger/instant.ts'
import type { Decimal } from '../../ledger/decimal.ts'
import { defineProjection, ofEntity } from '../projection.ts'

interface Row extends Omit<AccountState, 'limit'> {
  readonly entityId: string
  readonly version: number
  readonly least?: Decimal
  readonly recordedAt: Instant
  readonly effectiveAt: Instant
}

export const accounts = defineProjection<'account', Row>({
  name: 'accounts',
  version: 1,
  summary: 'Every account as it is: balance, held, available, and how little it may have',
  kinds: ['account'],
  key: ofEntity,
  standalone: true,
  apply: (_, { entityId, version, state: { limit, ...state }, recordedAt, effectiveAt }) => ({
    ...state,
    ...(limit !== null && { least: limit }),
    entityId,
    version,
    recordedAt,
    effectiveAt,
  }),
  shown: z.object({
    owner: z.string(),
    currency: z.string(),
    balance: keptDecimal,
    held: keptDecimal,
    available: keptDecimal,
    least: keptDecimal.optional(),
    holds: keptAmounts,
    status: z.enum(['open', 'closed']),
    entityId: z.string(),
    version: z.int(),
    recordedAt: keptInstant,
    effectiveAt: keptInstant,
  }),
  filters: ['owner', 'currency', 'status'],
  spreadBy: { member: 'owner', of: ownerOf },
  columns: {
    owner: 'text',
    currency: 'text',
    balance: 'decimal',
    held: 'decimal',
    available: 'decimal',
    least: 'decimal',
    holds: 'json',
    status: 'text',
    entityId: 'text',
    version: 'integer',
    recordedAt: 'instant',
    effectiveAt: 'instant',
  },
  clusterBy: ['owner'],
})
