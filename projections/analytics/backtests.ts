// Every run of every backtest: a row per version, so that runs can be held against each other.
import { z } from 'zod'
import type { BacktestState } from '../../ledger/entities/backtest.ts'
import { ownerOf } from '../../ledger/entity-id.ts'
import { keptInstant, type Instant } from '../../ledger/instant.ts'
import { defineProjection } from '../projection.ts'
import { versionKey } from '../views/document-key.ts'

interface Row extends Omit<BacktestState, 'runs' | 'from' | 'to'> {
  readonly backtestId: string
  readonly run: number
  /** What was traded on, from and until when: SQL has the words of the state for itself. */
  readonly testedFrom: Instant
  readonly testedTo: Instant
  readonly recordedAt: Instant
}

export const backtests = defineProjection<'backtest', Row>({
  name: 'backtests',
  version: 1,
  summary: 'Every run of every backtest: its parameters, and what it came to',
  kinds: ['backtest'],
  key: versionKey,
  standalone: true,
  isNew: () => true,
  apply: (_, { entityId, state: { runs, from, to, ...state }, recordedAt }) => ({
    ...state,
    backtestId: entityId,
    run: runs,
    testedFrom: from,
    testedTo: to,
    recordedAt,
  }),
  shown: z.object({
    owner: z.string(),
    backtestId: z.string(),
    run: z.int(),
    strategy: z.string(),
    parameters: z.looseObject({}),
    instruments: z.array(z.string()),
    testedFrom: keptInstant,
    testedTo: keptInstant,
    codeVersion: z.string().optional(),
    metrics: z.looseObject({}),
    tradeCount: z.int(),
    recordedAt: keptInstant,
  }),
  filters: ['owner', 'strategy'],
  spreadBy: { member: 'owner', of: ownerOf },
  columns: {
    owner: 'text',
    backtestId: 'text',
    run: 'integer',
    strategy: 'text',
    parameters: 'json',
    instruments: 'json',
    testedFrom: 'instant',
    testedTo: 'instant',
    codeVersion: 'text',
    metrics: 'json',
    tradeCount: 'integer',
    recordedAt: 'instant',
  },
  clusterBy: ['owner', 'strategy'],
})
