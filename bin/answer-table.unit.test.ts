import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { answerTable } from './answer-table.ts'

const shown = z.object({
  instrument: z.string(),
  strategy: z.string().optional(),
  trades: z.int(),
  averagePnl: z.string().optional(),
  closedAt: z.string(),
})

test('a column per member that occurs, numbers to the right', () => {
  const rows = [
    { closedAt: '2026', instrument: 'AAPL', trades: 7, averagePnl: '-12.5' },
    { instrument: 'VOD', trades: 1_234, closedAt: '2026' },
  ]
  assert.deepEqual(answerTable({ shown }, { data: rows, hasMore: false, total: { trades: 1_241, exposure: '3.5' } }), [
    'INSTRUMENT  TRADES  AVERAGE PNL  CLOSED AT',
    'AAPL             7        -12.5       2026',
    'VOD           1234                    2026',
    'TOTAL  TRADES 1241  EXPOSURE 3.5',
  ])
})

test('nothing is said to be nothing', () => assert.deepEqual(answerTable({ shown }, { data: [], hasMore: false }), ['no rows']))
