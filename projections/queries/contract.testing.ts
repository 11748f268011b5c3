// What every sink that answers queries must answer, as tests: what DuckDB does, of which each query has a test of its own. Registered for whichever sink is handed in.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { queryOf } from '../../ledger/request.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { analytics } from '../analytics/index.ts'
import { feedInto } from '../sinks/made-up.testing.ts'
import { BATCH_VERSIONS } from '../runner/pages.ts'
import type { AnalyticSink } from '../sinks/sink.ts'
import { deskBars, deskTickets, deskTrades, recorded } from './desk.testing.ts'
import { queries } from './index.ts'
import type { Answer, Query } from './query.ts'
import { temporaryTables } from './tables.testing.ts'

const TIMEOUT_MS = 20_000

/** Every analytics view, in a sink that has none of them yet. */
export async function fillViews(sink: AnalyticSink, versions: readonly VersionRecord[]): Promise<void> {
  const batch = sink.pace?.batchVersions ?? BATCH_VERSIONS
  for (const projection of Object.values(analytics)) {
    const view = await sink.open(projection, 'live')
    const own = versions.filter(({ kind }) => projection.kinds.includes(kind))
    for (let from = 0; from < own.length; from += batch) await feedInto(view, projection, own.slice(from, from + batch))
  }
}

export async function answerOf(sink: AnalyticSink, query: Query, given: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const checked = queryOf(query.parameters, given)
  return query.answer(await sink.select(query.select(checked), { timeoutMs: TIMEOUT_MS }), checked)
}

/** What each query is asked. One that is not here is asked without parameters. */
const questions: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = {
  trade_history: [
    { owner: 'alice' },
    { instrument: 'VOD', busted: 'true', limit: '1000' },
    { from: '2026-01-07T00:00:00Z', to: '2026-01-09T12:00:00.5Z' },
    { tradeId: 'trade:alice:T-1' },
    { asOf: '2026-01-12T00:00:00Z', busted: 'true', limit: '1000' },
  ],
  average_pnl: [{}, { owner: 'bob' }, { strategy: 'momentum', instrument: 'AAPL' }, { from: '2026-01-10T00:00:00Z' }],
  portfolio_risk: [{ limit: '2' }, { owner: 'carol' }, { owner: 'carol', limit: '1' }, { instrument: 'MSFT' }],
  positions: [{}, { owner: 'alice', instrument: 'AAPL' }],
  daily_summary: [{}, { limit: '3' }, { owner: 'bob', instrument: 'AAPL', from: '2026-01-20T00:00:00Z' }],
  execution_quality: [{ limit: '1000' }, { owner: 'alice', to: '2026-01-20T00:00:00Z' }, { hours: 'false', asOf: '2026-01-20T00:00:00Z' }],
  performance: [{}, { limit: '2' }, { owner: 'carol', strategy: 'momentum' }, { from: '2026-01-15T00:00:00Z' }],
  prediction: [{ limit: '1000' }, { owner: 'alice', strategy: 'momentum' }],
  ticket_flow: [{}, { owner: 'bob' }, { priority: 'high' }, { asOf: '2026-01-06T00:00:00Z' }],
  pnl_by_day: [
    { limit: '1000' },
    { asOf: '2026-01-20T00:00:00Z', owner: 'alice', limit: '1000' },
    { from: '2026-01-10T00:00:00Z', to: '2026-01-25T00:00:00Z', strategy: 'momentum', instrument: 'VOD' },
  ],
  bars_as_of: [{}, { owner: 'AAPL' }, { owner: 'AAPL', asOf: '2026-01-09T00:00:00Z', from: '2026-01-06T00:00:00Z' }],
  positions_as_of: [{}, { asOf: '2026-01-20T00:00:00Z' }, { owner: 'alice', instrument: 'AAPL', strategy: 'momentum' }],
  recorded_instants: [{ limit: '1000' }, { owner: 'alice', kind: 'ticket' }],
  versions_as_of: [
    { asOf: '2026-01-08T00:00:00Z' },
    { asOf: '2026-01-20T00:00:00.000001Z', owner: 'alice', kind: 'ticket' },
    { asOf: '2026-02-01T00:00:00Z', entityId: 'trade:alice:T-1' },
  ],
}

/** `sink` is asked for when the tests run, and holds no views yet. */
export function queryContract(name: string, sink: () => AnalyticSink, { skip = false }: { readonly skip?: string | false } = {}): void {
  describe(`queries: ${name}`, { skip }, () => {
    let other: AnalyticSink
    before(async () => {
      const versions = recorded([...deskTrades(200), ...deskTickets(40), ...deskBars(20)])
      other = await temporaryTables()
      await fillViews(other, versions)
      await fillViews(sink(), versions)
    })
    for (const query of Object.values(queries))
      test(`${name}: ${query.name}`, async () => {
        for (const given of questions[query.name] ?? [{}]) {
          const answer = await answerOf(sink(), query, given)
          assert.notEqual(answer.data.length, 0, JSON.stringify(given))
          assert.equal(JSON.stringify(answer), JSON.stringify(await answerOf(other, query, given)), JSON.stringify(given))
          for (const row of answer.data) query.shown.parse(row)
          query.total?.optional().parse(answer.total)
        }
      })
  })
}
