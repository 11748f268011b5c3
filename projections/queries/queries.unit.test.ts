import { after, before } from 'node:test'
import type { AnalyticSink } from '../sinks/sink.ts'
import { queryContract } from './contract.testing.ts'
import { temporaryTables } from './tables.testing.ts'

let sink: AnalyticSink
before(async () => {
  sink = await temporaryTables()
})
after(() => sink[Symbol.asyncDispose]())

queryContract('tables', () => sink)
