// What each index costs: appending with a second copy of it, against appending without. (Without the index itself, the probes that need it would be measured.)
import { openDatabase, type Database } from '../ledger/database.ts'
import { DEFAULT_PARTITIONS } from '../ledger/migrate.ts'
import { appendNext } from './hand.ts'
import type { Bench } from './index.ts'
import { compared, type Result } from './result.ts'
import { query } from './server.ts'
import { median } from './statistics.ts'

const BATCH = 300
const BATCHES = 30

const copies = {
  'versions_pkey (partition, entity_id, version)': 'create unique index copy on ledger.versions (partition, entity_id, version)',
  'versions_position (partition, position)': 'create unique index copy on ledger.versions (partition, position)',
  'versions_latest (partition, entity_id) where latest': 'create unique index copy on ledger.versions (partition, entity_id) where latest',
  'versions_command_once (partition, command_scope, command_id) where command_seq = 0':
    'create unique index copy on ledger.versions (partition, command_scope, command_id) where command_seq = 0',
}

interface Side {
  readonly name: string
  readonly url: string
  readonly database: Database
}

export const indexes: Bench = async ({ server }) => {
  const sides: Side[] = []
  for (const [name, copy] of [['none', 'select 1'], ...Object.entries(copies)] as const) {
    const url = await server.ledger()
    await query(url, copy)
    sides.push({ name, url, database: openDatabase({ url, connections: 1, name: 'bench' }) })
  }
  const [without, ...withCopies] = sides
  if (!without) return []
  const results: Result[] = []
  for (const [what, version] of [
    ['first versions', 1],
    ['updates', 2],
  ] as const) {
    const taken = await takeTurns(sides, version)
    const base = taken.get(without.name) ?? []
    for (const { name } of withCopies) {
      const own = taken.get(name) ?? []
      const ratio = median(own.map((seconds, n) => seconds / (base[n] ?? NaN)))
      results.push(compared(`indexes: ${what} with a second ${name}`, 'us/version', perVersion(own), perVersion(base), undefined, ratio))
    }
  }
  for (const { database, url } of sides) {
    await database.end()
    await server.drop(url)
  }
  return results
}

const perVersion = (seconds: readonly number[]): number => (median(seconds) * 1e6) / BATCH

async function takeTurns(sides: readonly Side[], version: number): Promise<ReadonlyMap<string, readonly number[]>> {
  const taken = new Map(sides.map(({ name }) => [name, [] as number[]]))
  for (let batch = 0; batch < BATCHES; batch++)
    for (const { name, database } of sides)
      taken.get(name)?.push(await appendNext(database, batch * BATCH, BATCH, version, DEFAULT_PARTITIONS))
  return taken
}
