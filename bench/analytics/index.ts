// Analytics: how fast versions get into tables, how fast named queries are answered on a large ledger, and how fast market data comes in.
import type { Bench } from '../index.ts'
import { bars } from './bars.ts'
import { loads } from './loads.ts'
import { questions } from './questions.ts'

export const analytics: Bench = async ({ server, say }) => [
  ...(await loads(server, say)),
  ...(await questions(server, say)),
  ...(await bars(server, say)),
]
