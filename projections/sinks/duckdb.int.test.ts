import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { sinkContract } from './contract.testing.ts'
import { duckdbSink } from './duckdb.ts'

const folder = await mkdtemp(join(tmpdir(), 'strata-duckdb-'))
const sink = duckdbSink({ path: join(folder, 'contract.duckdb') })
after(async () => {
  await sink[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

sinkContract('duckdb', () => sink)
