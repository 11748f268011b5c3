// A position keeper beside a server and a writer, killed again and again: in the end its positions are those that the ledger's executions come to.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import pg from 'pg'
import { openLedger, type Ledger } from '../ledger/index.ts'
import { anySeed } from '../projections/consumer/stores/contract.testing.ts'
import { chanceOf, type Chance } from '../projections/consumer/world.testing.ts'
import { appendUnit, submitted } from '../test/append-unit.ts'
import { testDatabase } from '../test/database.ts'
import { startExample } from '../test/example.ts'
import { server } from '../test/strata.ts'

const KILLS = 6

const EXPECTED = `
  select state ->> 'owner' as owner, state ->> 'instrument' as instrument, trim_scale(sum(sign * (e ->> 'quantity')::numeric))::text as quantity,
    trim_scale(sum(sign * (e ->> 'quantity')::numeric * (e ->> 'price')::numeric))::text as cost, count(*)::integer as executions
  from ledger.versions v cross join jsonb_array_elements(v.state -> 'executions') e
  cross join lateral (select case v.state ->> 'side' when 'buy' then 1 else -1 end as sign) s
  where v.kind = 'trade' and v.latest and not coalesce((e ->> 'busted')::boolean, false) group by 1, 2 order by 1, 2`
const FOUND = `
  select owner, instrument, trim_scale(quantity)::text as quantity, trim_scale(cost)::text as cost, executions from positions where executions > 0 order by 1, 2`

async function write(ledger: Ledger, chance: Chance, signal: AbortSignal): Promise<void> {
  const some = <Item>(items: readonly Item[]): Item => items[Math.floor(chance() * items.length)] as Item
  for (let n = 0; !signal.aborted; n++) {
    const entityId = `trade:owner${n % 4}:${n}` as const
    const terms = { instrument: some(['AAPL', 'MSFT']), side: some(['buy', 'sell']), quantity: '1000', price: '10' }
    await appendUnit(ledger, [submitted(entityId, terms)])
    for (let e = 0; e < 3; e++) {
      const data = { executionId: `E${e}`, quantity: String(1 + Math.floor(chance() * 9)), price: some(['9.87', '10.001', '-0.5']) }
      await appendUnit(ledger, [{ entityId, event: 'ExecutionRecorded', data }])
    }
    if (chance() < 0.5) await appendUnit(ledger, [{ entityId, event: 'ExecutionBusted', data: { executionId: 'E1', reason: 'error' } }])
  }
}

test('a position keeper that is killed again and again has every execution once', { timeout: 180_000 }, async (t) => {
  const seed = anySeed()
  t.diagnostic(`STRATA_TEST_SEED=${seed}`)
  const chance = chanceOf(seed)
  await using ledgerDatabase = await testDatabase()
  await using ownDatabase = await testDatabase({ migrate: false })
  await using ledger = await openLedger({ url: ledgerDatabase.url })
  await using running = await server({ STRATA_DATABASE_URL: ledgerDatabase.url })
  const keeper = { name: 'position-keeper', args: ['--url', running.url], env: { KEEPER_DATABASE_URL: ownDatabase.url } }
  const own = new pg.Pool({ connectionString: ownDatabase.url, max: 1 })
  const kept = async (): Promise<number> =>
    (await own.query('select sum(executions)::integer as n from positions').catch(() => undefined))?.rows[0]?.n ?? 0
  const stop = new AbortController()
  const writing = write(ledger, chance, stop.signal)
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const before = await kept()
      const { child, ended } = startExample(keeper)
      while ((await kept()) <= before && child.exitCode === null) await sleep(5)
      await sleep(chance() * 100)
      child.kill('SIGKILL')
      await ended
      assert.equal(child.signalCode, 'SIGKILL')
    }
    stop.abort()
    await writing
    const { child } = startExample({ ...keeper, args: [...keeper.args, '--once'] })
    assert.deepEqual(await once(child, 'exit'), [0, null])
    const expected = (await ledger.database.query(EXPECTED)).rows
    assert.ok(expected.length === 8)
    assert.deepEqual((await own.query(FOUND)).rows, expected)
    t.diagnostic(`${await kept()} executions, ${KILLS} kills`)
  } finally {
    stop.abort()
    await own.end()
  }
})
