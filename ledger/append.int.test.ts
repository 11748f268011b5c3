// Promises: `append` appends all or nothing, names everything that was in its way, and its positions and times are what the design says, whatever the clock does.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testDatabase } from '../test/database.ts'
import { append, AppendRefused, type Appended, type Batch } from './append.ts'
import { batch, command, HASH, ownersOf, row, ticketOf } from './batch.testing.ts'
import { setAhead } from './clock.testing.ts'
import { openDatabase } from './database.ts'
import { fromMicros, toMicros, type Instant } from './instant.ts'
import { loadCommands } from './load.ts'
import { DEFAULT_PARTITIONS } from './migrate.ts'
import { partitionOfOwner } from './partition.ts'
import { assertSound } from './sound.testing.ts'

const db = await testDatabase()
const database = openDatabase({ url: db.url, connections: 8, name: 'test' })
after(async () => {
  await database.end()
  await db.drop()
})

const P = DEFAULT_PARTITIONS
const send = (given: Batch): Promise<Appended> => append(database, given, P)
const owners = (count: number, prefix: string) => ownersOf((owner) => partitionOfOwner(owner, P), count, prefix)
const micros = (instant: Instant, plus: number): Instant => fromMicros(toMicros(instant) + BigInt(plus))

interface Stored {
  readonly entity_id: string
  readonly version: number
  readonly latest: boolean
  readonly position: number
  readonly recorded_at: Instant
  readonly effective_at: Instant
}
const stored = async (owner: string): Promise<readonly Stored[]> =>
  (
    await database.query<Stored>(
      `select entity_id, version, latest, position, recorded_at, effective_at from ledger.versions where split_part(entity_id, ':', 2) = $1 order by partition, position`,
      [owner],
    )
  ).rows

async function refusal(given: Batch): Promise<AppendRefused> {
  const refused = await send(given).then(
    () => assert.fail('it was appended'),
    (error: unknown) => error,
  )
  assert.ok(refused instanceof AppendRefused, String(refused))
  return refused
}

test('a batch gets dense positions, one instant per unit, and flips what was the latest', async () => {
  const [one = '', two = ''] = owners(2, 'dense')
  const [a, b, c] = [ticketOf(one, 'a'), ticketOf(two, 'b'), ticketOf(one, 'c')]
  const first = await send(
    batch([
      row({ entityId: a, version: 1 }),
      ...command([
        { unit: 1, entityId: a, version: 2 },
        { unit: 1, entityId: b, version: 1 },
      ]),
      row({ unit: 5, entityId: c, version: 1, effectiveAt: '2020-01-01T00:00:00.000001Z' }),
    ]),
  )
  const position = first.lastPositions.get(partitionOfOwner(one, P)) ?? NaN
  const other = first.lastPositions.get(partitionOfOwner(two, P)) ?? NaN
  const at = [micros(first.baseAt, 0), micros(first.baseAt, 1), micros(first.baseAt, 5)] as const
  assert.deepEqual(await stored(one), [
    { entity_id: a, version: 1, latest: false, position: position + 1, recorded_at: at[0], effective_at: at[0] },
    { entity_id: a, version: 2, latest: true, position: position + 2, recorded_at: at[1], effective_at: at[1] },
    { entity_id: c, version: 1, latest: true, position: position + 3, recorded_at: at[2], effective_at: '2020-01-01T00:00:00.000001Z' },
  ])
  assert.deepEqual(await stored(two), [
    { entity_id: b, version: 1, latest: true, position: other + 1, recorded_at: at[1], effective_at: at[1] },
  ])
  const second = await send(batch([row({ entityId: a, version: 3 })]))
  assert.ok(second.baseAt > at[2])
  assert.equal(second.lastPositions.get(partitionOfOwner(one, P)), position + 3)
})

test('every key that is there and every expectation that fails is named, and nothing is appended', async () => {
  const [one = '', two = ''] = owners(2, 'named')
  const [a, b] = [ticketOf(one, 'a'), ticketOf(two, 'b')]
  await send(batch([row({ entityId: a, version: 1, commandId: 'k1' }), row({ unit: 1, entityId: b, version: 1, commandId: 'k1' })]))
  const before = [await stored(one), await stored(two)]
  const refused = await refusal(
    batch(
      [
        row({ unit: 0, entityId: ticketOf(one, 'fine'), version: 1 }),
        row({ unit: 1, entityId: a, version: 1 }),
        row({ unit: 1, entityId: ticketOf(one, 'gap'), version: 3 }),
        row({ unit: 2, entityId: ticketOf(one, 'again'), version: 1, commandId: 'k1' }),
        row({ unit: 3, entityId: b, version: 2 }),
        row({ unit: 4, entityId: b, version: 2 }),
      ],
      {
        checks: [
          { unit: 0, entityId: b, version: 1 },
          { unit: 5, entityId: a, version: 0 },
          { unit: 6, entityId: ticketOf(two, 'none'), version: 2 },
        ],
        keys: [
          { unit: 0, scope: one, id: 'new' },
          { unit: 7, scope: two, id: 'k1' },
        ],
      },
    ),
  )
  const byUnit = (x: { readonly unit: number }, y: { readonly unit: number }) => x.unit - y.unit
  assert.deepEqual([...refused.replays].sort(byUnit), [
    { unit: 2, scope: one, id: 'k1' },
    { unit: 7, scope: two, id: 'k1' },
  ])
  // The batch's own unit 1 makes a's version 2, as far as unit 5 is concerned.
  assert.deepEqual([...refused.conflicts].sort(byUnit), [
    { unit: 1, entityId: a, expected: 0, actual: 1 },
    { unit: 1, entityId: ticketOf(one, 'gap'), expected: 2, actual: 0 },
    { unit: 4, entityId: b, expected: 1, actual: 2 },
    { unit: 5, entityId: a, expected: 0, actual: 2 },
    { unit: 6, entityId: ticketOf(two, 'none'), expected: 2, actual: 0 },
  ])
  assert.match(refused.message, /2 commands are there already, 5 expectations fail/)
  assert.deepEqual([await stored(one), await stored(two)], before)
})

test('a command that is there already is a replay, not a conflict', async () => {
  const a = ticketOf('replayed', 'a')
  await send(batch([row({ entityId: a, version: 1, commandId: 'k' })]))
  const refused = await refusal(
    batch([row({ entityId: a, version: 1, commandId: 'k' }), row({ unit: 1, entityId: ticketOf('replayed'), version: 1 })]),
  )
  assert.deepEqual([refused.replays, refused.conflicts], [[{ unit: 0, scope: 'replayed', id: 'k' }], []])
})

test("a check counts the batch's earlier units and its own unit's start, not later units", async () => {
  const a = ticketOf('checks', 'a')
  const write = (unit: number, version: number) => row({ unit, entityId: a, version })
  const check = (unit: number, version: number) => ({ unit, entityId: a, version })
  const unit2 = command([2, 3].map((version) => ({ unit: 2, entityId: a, version })))
  await send(batch([write(0, 1), ...unit2, write(3, 4)], { checks: [check(0, 0), check(1, 1), check(2, 1), check(3, 3), check(4, 4)] }))
  const refused = await refusal(batch([write(1, 5)], { checks: [check(0, 5), check(1, 5), check(2, 4)] }))
  assert.deepEqual(refused.conflicts, [
    { unit: 0, entityId: a, expected: 5, actual: 4 },
    { unit: 1, entityId: a, expected: 5, actual: 4 },
    { unit: 2, entityId: a, expected: 4, actual: 5 },
  ])
})

test('a batch of checks and keys alone verifies and writes nothing', async () => {
  const a = ticketOf('only-checks', 'a')
  await send(batch([row({ entityId: a, version: 1 })]))
  const positions = () => database.query('select * from ledger.last_times order by 1')
  const before = (await positions()).rows
  const answer = await send(
    batch([], { checks: [{ unit: 0, entityId: a, version: 1 }], keys: [{ unit: 0, scope: 'only-checks', id: 'never' }] }),
  )
  assert.equal(answer.lastPositions.size, 1)
  assert.deepEqual((await positions()).rows, before)
  assert.equal((await refusal(batch([], { checks: [{ unit: 0, entityId: a, version: 0 }] }))).conflicts.length, 1)
})

test("a command's other rows are found by its first one's places, over partitions and among other commands", async () => {
  const [one = '', two = '', three = ''] = owners(3, 'places')
  const key = { scope: two, id: 'wide' }
  const rows = [two, one, three, one, two, three].map((owner) => ({ entityId: ticketOf(owner), version: 1, unit: 1 }))
  await send(
    batch([
      ...command(
        [one, three].map((owner) => ({ entityId: ticketOf(owner), version: 1, unit: 0 })),
        key.id,
      ),
      ...command(rows, key.id),
      row({ unit: 2, entityId: ticketOf(one), version: 1 }),
    ]),
  )
  const both = await loadCommands(database, [{ scope: one, id: key.id }, key], P)
  assert.equal(both.get(`${one}:wide`)?.records.length, 2)
  const found = both.get(`${two}:wide`)
  assert.equal(found?.hash, HASH)
  assert.deepEqual(
    found.records.map(({ entityId, commandSeq }) => [entityId, commandSeq]),
    rows.map(({ entityId }, n) => [entityId, n]),
  )
})

test('a clock that goes back: recorded times keep rising, and a wide unit has one instant above all its partitions', async () => {
  const [one = '', two = ''] = owners(2, 'clock')
  const [{ ahead } = { ahead: '' }] = (await database.query<{ ahead: Instant }>(`select now() + interval '1 hour' as ahead`)).rows
  await setAhead(database, partitionOfOwner(one, P), ahead)
  const first = await send(
    batch([row({ entityId: ticketOf(one, 'a'), version: 1 }), row({ unit: 1, entityId: ticketOf(one, 'a'), version: 2 })]),
  )
  assert.equal(first.baseAt, micros(ahead, 1))
  const wide = await send(batch([...command([one, two].map((owner) => ({ entityId: ticketOf(owner, 'wide'), version: 1 })))]))
  assert.equal(wide.baseAt, micros(ahead, 3))
  // A partition that nothing has pushed ahead lives by the clock, until it meets one that was.
  const [three = ''] = owners(3, 'clock').slice(2)
  assert.ok((await send(batch([row({ entityId: ticketOf(three), version: 1 })]))).baseAt < ahead)
  assert.equal((await send(batch([row({ entityId: ticketOf(two), version: 1 })]))).baseAt, micros(ahead, 4))
  // Only looked at, but in the same instant: what was read can not have been later than what was decided on it.
  const read = await send(
    batch([row({ entityId: ticketOf(three), version: 1 })], { checks: [{ unit: 0, entityId: ticketOf(two, 'wide'), version: 1 }] }),
  )
  assert.equal(read.baseAt, micros(ahead, 5))
})

test('many connections append at once: positions dense, times rising, no version lost or doubled', async () => {
  const people = owners(6, 'racing')
  const next = new Map<string, number>()
  let lost = 0
  const writer = async (seed: number): Promise<void> => {
    for (let n = 0; n < 40; n++) {
      const [one = '', two = ''] = [people[(n + seed) % 6], people[(n * seed + 1) % 6]]
      const ids = one === two ? [`ticket:${one}:hot`] : [`ticket:${one}:hot`, `ticket:${two}:hot`]
      const versions = ids.map((entityId) => ({ entityId, version: (next.get(entityId) ?? 0) + 1 }))
      try {
        await send(batch(command(versions)))
        for (const { entityId, version } of versions) next.set(entityId, Math.max(version, next.get(entityId) ?? 0))
      } catch (error) {
        if (!(error instanceof AppendRefused)) throw error
        lost++
        for (const { entityId, actual } of error.conflicts) next.set(entityId, Math.max(actual, next.get(entityId) ?? 0))
      }
    }
  }
  await Promise.all([1, 2, 3, 5, 7, 11].map(writer))
  assert.ok(lost > 0, 'nobody raced')
  await assertSound(database)
})

test('an old snapshot held open changes no answer', async () => {
  const long = process.env['STRATA_TEST_LONG'] === '1'
  const until = performance.now() + (long ? 180_000 : 0)
  const old = await database.connect()
  try {
    await old.query('begin isolation level repeatable read')
    const { rows: seen } = await old.query('select count(*) from ledger.versions')
    const [one = '', two = ''] = owners(2, 'snapshot')
    let version = 0
    do {
      for (let n = 0; n < 10; n++) {
        const versions = [one, two].flatMap((owner) =>
          Array.from({ length: 100 }, (_, i) => row({ unit: i, entityId: ticketOf(owner, 'hot'), version: version + i + 1 })),
        )
        await send(batch(versions.sort((a, b) => a.unit - b.unit)))
        version += 100
      }
      const refused = await refusal(batch([row({ entityId: ticketOf(one, 'hot'), version })]))
      assert.deepEqual(refused.conflicts, [{ unit: 0, entityId: ticketOf(one, 'hot'), expected: version - 1, actual: version }])
      if (long) await sleep(500)
    } while (performance.now() < until)
    assert.deepEqual((await old.query('select count(*) from ledger.versions')).rows, seen)
    // What the old snapshot itself asks of append is answered from it, and so refused by the indexes: late, but not wrong.
    await assert.rejects(append(old, batch([row({ entityId: ticketOf(one, 'hot'), version: version + 1 })]), P))
  } finally {
    await old.query('rollback')
    old.release()
  }
  await assertSound(database)
})
