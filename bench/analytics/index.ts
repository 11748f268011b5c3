// Analytics: how fast versions get into tables, how fast named queries are answered on a large ledger, and how fast market data comes in.
import type { Bench } from '../index.ts'
import { bars } from './bars.ts'
import { loads } from './loads.ts'
import { questions } from './questions.ts'

/** `npm run bench -- analytics` runs them all. */
export const analytics: Readonly<Record<string, Bench>> = {
  'analytics-loads': ({ server, say }) => loads(server, say),
  'analytics-queries': ({ server, say }) => questions(server, say),
  'analytics-bars': ({ server, say }) => bars(server, say),
}
