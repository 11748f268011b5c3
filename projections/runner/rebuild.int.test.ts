// Promises: a view is built anew while it is written to and read, and no reader ever sees less than before; a build that was ended goes on; a newer projection builds its view by itself, and who still
// has the older one leaves it alone.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { NotFound } from '../../ledger/failure.ts'
import { openLedger, type Ledger } from '../../ledger/index.ts'
import { amended, appendUnit, submitted } from '../../test/append-unit.ts'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { Poisoned } from '../fold.ts'
import type { Projection } from '../projection.ts'
import { memorySink } from '../sinks/memory.ts'
import { postgresSink } from '../sinks/postgres.ts'
import type { Sink } from '../sinks/sink.ts'
import { views } from '../views/index.ts'
import { builds } from './builds.ts'
import { control } from './control.ts'
import { letterAt } from './letter.ts'
import { assertWhole } from './projected.testing.ts'
import { projector, type RunChange } from './projector.ts'
import { Outdated, rebuild } from './rebuild.ts'
import { skip } from './skip.ts'

let db: TestDatabase
let ledger: Ledger

before(async () => {
  db = await testDatabase()
  ledger = await openLedger({ url: db.url })
})
after(async () => {
  await ledger.close()
  await db.drop()
})

const FAST = { heartbeatMs: 100, leaseMs: 1_000 }
const trades = views['trades'] as Projection
const never = new AbortController().signal

/** The same view, its documents marked. */
const better = (version: number, name = trades.name): Projection => ({
  ...trades,
  name,
  version,
  apply: (document, record, before) => ({ ...trades.apply(document, record, before), madeBy: version }),
})

let written = 0
async function write(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const id = `trade:o${written % 7}:T-${written++}`
    await appendUnit(ledger, [submitted(id)])
    if (n > 3) await appendUnit(ledger, [amended(`trade:o${(written - 4) % 7}:T-${written - 4}`, { price: String(n + 1) })])
  }
}

/** Reads all of a view again and again, and holds it to what was read before. */
async function watching(sink: Sink, projection: Projection, until: AbortSignal): Promise<number> {
  const view = await sink.open(projection, 'live')
  const seen = new Map<string, number>()
  let reads = 0
  for (; !until.aborted; reads++) {
    const now = new Set<string>()
    for (let after = ''; ;) {
      const { documents, hasMore } = await view.read({ filters: {}, after, limit: 1_000 })
      for (const { key, seen: at } of documents) {
        now.add(key)
        assert.ok(at.position >= (seen.get(key) ?? 0), `${key} went back from ${seen.get(key)} to ${at.position}`)
        seen.set(key, at.position)
      }
      after = documents.at(-1)?.key ?? ''
      if (!hasMore) break
    }
    for (const key of seen.keys()) assert.ok(now.has(key), `${key} is gone`)
  }
  return reads
}

test('while it is written to and read, no reader sees less than before', async () => {
  await using sink = postgresSink({ url: db.url })
  await using elsewhere = postgresSink({ url: db.url })
  await write(30)
  await using _ = projector({ ledger, sinks: [sink], projections: [trades], ...FAST })
  const done = new AbortController()
  const readers = [watching(sink, trades, done.signal), watching(elsewhere, trades, done.signal)]
  const writing = (async () => {
    while (!done.signal.aborted) await write(10)
  })()
  for (let n = 0; n < 8; n++) assert.equal(await rebuild({ ledger, sink: elsewhere, projection: trades, signal: never }), true)
  done.abort()
  await writing
  for (const reads of await Promise.all(readers)) assert.ok(reads > 10)
  await assertWhole(ledger, sink, trades)
})

test('ended halfway, it goes on where it was; begun by another version, or told so, it begins anew', async () => {
  await using sink = memorySink()
  await write(30)
  const run = { sink: 'memory', view: trades.name }
  const once = async (projection: Projection, options: { restart?: boolean; breakAfter?: number } = {}) => {
    const ending = new AbortController()
    let steps = 0
    const told: number[] = []
    const outcome = await rebuild({
      ledger: { ...ledger, feed: { ...ledger.feed, read: (place, _limit, ...rest) => ledger.feed.read(place, 7, ...rest) } },
      sink,
      projection,
      signal: ending.signal,
      ...(options.restart && { restart: true }),
      onProgress({ before }) {
        told.push(before)
        if (++steps === options.breakAfter) ending.abort(new Error('ended'))
      },
    }).catch((error: Error) => error.message)
    return { outcome, before: told[0] ?? -1 }
  }
  assert.equal((await once(trades, { breakAfter: 3 })).outcome, 'ended')
  assert.equal(await sink.liveVersion(trades).then((version) => version), 1)
  assert.deepEqual((await builds(ledger.database).find(run))?.version, 1)
  const resumed = await once(trades, { breakAfter: 2 })
  assert.ok(resumed.before > 0)
  assert.equal((await once(trades, { restart: true, breakAfter: 2 })).before, 0)
  assert.equal((await once(better(2), { breakAfter: 2 })).before, 0)
  const last = await once(better(2))
  assert.ok(last.before > 0)
  assert.equal(last.outcome, true)
  assert.equal(await builds(ledger.database).find(run), undefined)
  assert.equal(await sink.liveVersion(trades), 2)
  await assertWhole(ledger, sink, better(2))
})

test('one process at a time builds a view', async () => {
  await using sink = memorySink()
  await write(3)
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => rebuild({ ledger, sink, projection: trades, signal: never })))
  assert.ok(outcomes.includes(true) && outcomes.includes(false), String(outcomes))
})

test('a program with a newer projection builds its view beside the older one; the older program then leaves it alone', async () => {
  await using sink = postgresSink({ url: db.url })
  const [first, second] = [better(1, 'upgraded'), better(2, 'upgraded')]
  const changes: string[] = []
  const onChange = (name: string) => (_: unknown, change: RunChange) => void changes.push(`${name} ${change.to}`)
  await using older = projector({ ledger, sinks: [sink], projections: [first], ...FAST, onChange: onChange('older') })
  await write(10)
  await assertWhole(ledger, sink, first)
  const done = new AbortController()
  const reader = watching(sink, first, done.signal)
  const writing = (async () => {
    while (!done.signal.aborted) await write(5)
  })()
  {
    await using _ = projector({ ledger, sinks: [sink], projections: [second], ...FAST, onChange: onChange('newer') })
    for (const until = Date.now() + 15_000; !changes.includes('newer built') || !changes.includes('older left'); await sleep(20))
      assert.ok(Date.now() < until, String(changes))
    done.abort()
    await writing
    await reader
    // All of it is the newer one's, though the older one is still there.
    await assertWhole(ledger, sink, second)
    assert.equal((await older.control.status({ sink: 'postgres', view: 'upgraded' })).state, 'running')
    assert.equal(await sink.liveVersion(first), 2)
    await assert.rejects(rebuild({ ledger, sink, projection: first, signal: never }), Outdated)
  }
  assert.ok(changes.includes('newer building'))
})

test('where the new one can not get as far as the live one, nothing is swapped, until that version is skipped', async () => {
  await using sink = memorySink()
  const [poison] = await appendUnit(ledger, [submitted('trade:o1:POISON', { instrument: 'POISON' })])
  assert.ok(poison)
  {
    await using _ = projector({ ledger, sinks: [sink], projections: [trades], ...FAST })
    await assertWhole(ledger, sink, trades)
  }
  const fragile: Projection = {
    ...trades,
    version: 2,
    apply(document, record, before) {
      if (record.state['instrument'] === 'POISON') throw new Error('it is poison')
      return trades.apply(document, record, before)
    },
  }
  await assert.rejects(
    rebuild({ ledger, sink, projection: fragile, signal: never }),
    (error) => error instanceof Poisoned && error.record.entityId === 'trade:o1:POISON',
  )
  assert.equal(await sink.liveVersion(trades), 1)
  const run = { sink: 'memory', view: trades.name }
  const letter = await letterAt(ledger, control(ledger.database), run, poison)
  assert.deepEqual([letter.entityId, letter.version], [poison.entityId, 1])
  await skip(ledger, run, letter, { actor: 'ops', reason: 'known' })
  assert.equal(await rebuild({ ledger, sink, projection: fragile, signal: never }), true)
  assert.equal(await sink.liveVersion(trades), 2)
  await assert.rejects(letterAt(ledger, control(ledger.database), run, poison), NotFound) // nothing is being built any more
})
