// `strata query WORDS`, on a small desk's analytics: run by query.int.test.ts.
import { fillViews } from '../projections/queries/contract.testing.ts'
import { deskTrades, recorded } from '../projections/queries/desk.testing.ts'
import { temporaryTables } from '../projections/queries/tables.testing.ts'
import { query } from './query.ts'

await using sink = await temporaryTables()
await fillViews(sink, recorded(deskTrades(60)))
await query(process.argv.slice(2), () => Promise.resolve([{ name: sink.name, open: () => Promise.resolve(sink) }]))
