// Updates after many flips of `latest`, none of them HOT, with autovacuum on: against the same updates of a ledger with as many versions that was written without a single flip. Both take turns.
import { openDatabase } from '../ledger/database.ts'
import { DEFAULT_PARTITIONS } from '../ledger/migrate.ts'
import { fill } from './filled.ts'
import { appendNext } from './hand.ts'
import type { Bench } from './index.ts'
import { compared } from './result.ts'
import { median } from './statistics.ts'

const ENTITIES = 20_000
const BATCH = 500
const MEASURED_BATCHES = 60
const FLIPS = { short: 100_000, full: 1_000_000 }

export const flips: Bench = async ({ server, full, say }) => {
  const rounds = (full ? FLIPS.full : FLIPS.short) / ENTITIES
  const urls = [await server.ledger(), await server.ledger()] as const
  const [worn, fresh] = urls.map((url) => openDatabase({ url, connections: 1, name: 'bench' }))
  if (!worn || !fresh) return []
  const next = (database: typeof worn, batch: number, version: number) =>
    appendNext(database, (batch * BATCH) % ENTITIES, BATCH, version, DEFAULT_PARTITIONS)

  await fill(urls[0], { entities: ENTITIES, versionsEach: 1 })
  for (let round = 0; round < rounds; round++) {
    for (let batch = 0; batch < ENTITIES / BATCH; batch++) await next(worn, batch, round + 2)
    say(`flips: ${((round + 1) * ENTITIES).toLocaleString('en')}`)
  }
  await fill(urls[1], { entities: ENTITIES, versionsEach: rounds + 1 })

  const taken = { worn: [] as number[], fresh: [] as number[] }
  for (let batch = 0; batch < MEASURED_BATCHES; batch++) {
    const version = rounds + 2 + Math.floor((batch * BATCH) / ENTITIES)
    taken.worn.push(await next(worn, batch, version))
    taken.fresh.push(await next(fresh, batch, version))
  }
  await Promise.all([worn.end(), fresh.end()])
  for (const url of urls) await server.drop(url)
  const rate = (seconds: readonly number[]) => BATCH / median(seconds)
  const ratio = median(taken.worn.map((seconds, n) => (taken.fresh[n] ?? NaN) / seconds))
  const name = `flips: updates after ${(rounds * ENTITIES).toLocaleString('en')} flips, against none`
  return [compared(name, 'versions/s', rate(taken.worn), rate(taken.fresh), { atLeast: 0.9 }, ratio)]
}
