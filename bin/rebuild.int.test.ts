// Promises: `strata projections rebuild`, killed at random points and run again, ends with the view as a fold of the whole feed makes it; whoever reads and writes meanwhile notices nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLedger } from '../ledger/index.ts'
import type { Projection } from '../projections/projection.ts'
import { assertWhole, caughtUp } from '../projections/runner/projected.testing.ts'
import { projector } from '../projections/runner/projector.ts'
import { postgresSink } from '../projections/sinks/postgres.ts'
import { views } from '../projections/views/index.ts'
import { amended, appendUnit, submitted } from '../test/append-unit.ts'
import { testDatabase } from '../test/database.ts'
import { running, strata } from '../test/strata.ts'

const TRADES = 3_000
const KILLS = 8

test('killed at random points', async (context) => {
  await using db = await testDatabase()
  await using ledger = await openLedger({ url: db.url })
  await using sink = postgresSink({ url: db.url })
  const trades = views['trades'] as Projection
  await using _ = projector({ ledger, sinks: [sink], projections: [trades], heartbeatMs: 200 })
  const env = { STRATA_DATABASE_URL: db.url }
  await Promise.all(Array.from({ length: TRADES }, (__, n) => appendUnit(ledger, [submitted(`trade:o${n % 50}:T-${n}`)])))
  const view = await sink.open(trades, 'live')

  await caughtUp(ledger, sink, trades)

  const done = new AbortController()
  const writing = (async () => {
    for (let n = 0; !done.signal.aborted; n++)
      await appendUnit(ledger, [amended(`trade:o${n % 50}:T-${n % 50}`, { price: String((n % 90) + 1) })])
  })()
  const reading = (async () => {
    const seen = new Map<string, number>()
    for (; !done.signal.aborted; await sleep(5)) {
      const { documents } = await view.read({ filters: { owner: `o${seen.size % 50}` }, limit: 1_000 })
      assert.equal(documents.length, TRADES / 50)
      for (const { key, seen: at } of documents) {
        assert.ok(at.position >= (seen.get(key) ?? 0), `${key} went back`)
        seen.set(key, at.position)
      }
    }
  })()

  const built = async (): Promise<number> => {
    const { rows } = await ledger.database.query<{ built: number }>(
      "select coalesce(sum(position), 0)::integer as built from views.places where view = 'trades' and slot = 'next'",
    )
    return rows[0]?.built ?? 0
  }
  const killedAt: number[] = []
  for (let n = 0; n < KILLS; n++) {
    await using command = running(['projections', 'rebuild', 'trades', ...(n % 2 === 0 ? ['--restart'] : [])], env)
    const at = Math.random() * TRADES
    let ended = false
    void command.ended.then(() => (ended = true))
    const begun = await built()
    while (!ended && ((await built()) < at || (n % 2 === 0 && (await built()) === begun))) await sleep(2)
    await sleep(Math.random() * 100)
    command.kill('SIGKILL')
    await command.ended
    killedAt.push(await built())
  }
  context.diagnostic(`killed at ${killedAt.join(', ')}`)
  assert.ok(killedAt.some((at) => at > 0))
  // The lock of one that was killed goes when the database finds out.
  let last = await strata(['projections', 'rebuild', 'trades', '--json'], env)
  for (let tries = 0; last.code !== 0 && tries < 5; tries++, await sleep(500))
    last = await strata(['projections', 'rebuild', 'trades', '--json'], env)
  assert.equal(last.code, 0, last.stderr)
  assert.equal((JSON.parse(last.stdout) as { view: string }).view, 'trades')
  done.abort()
  await Promise.all([writing, reading])
  await assertWhole(ledger, sink, trades)
})
