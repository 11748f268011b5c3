// Whatever happened to trades, in whatever order: the views are what a slow look at every trade as it is comes to.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { TradeState } from '../../ledger/entities/trade.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { shownAfter, versionsOf } from './given.testing.ts'
import { histories } from './histories.testing.ts'
import { portfolioRisk } from './portfolio-risk.ts'
import { positions } from './positions.ts'
import { slowPositions, slowRisk } from './slow.testing.ts'

const latest = (versions: readonly VersionRecord[]): readonly TradeState[] => [
  ...new Map(versions.map(({ entityId, state }) => [entityId, state as unknown as TradeState])).values(),
]
const sorted = (found: Readonly<Record<string, JsonObject>>) => Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1))

test('portfolio_risk', () =>
  fc.assert(
    fc.property(histories, (events) => {
      const versions = versionsOf(events)
      assert.deepEqual(sorted(shownAfter(portfolioRisk, versions)), sorted(slowRisk('alice', latest(versions))))
    }),
    { numRuns: 500 },
  ))

test('positions', () =>
  fc.assert(
    fc.property(histories, (events) => {
      const versions = versionsOf(events)
      assert.deepEqual(sorted(shownAfter(positions, versions)), sorted(slowPositions('alice', latest(versions))))
    }),
    { numRuns: 500 },
  ))
