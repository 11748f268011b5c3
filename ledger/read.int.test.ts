// Promises: an entity comes back as it was at any version and any time, and the same question has the same answer for ever.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { testDatabase } from '../test/database.ts'
import { setAhead } from './clock.testing.ts'
import { ownersOf, ticketOf } from './batch.testing.ts'
import { add } from './decimal.ts'
import { InTheFuture } from './failure.ts'
import { openLedger } from './index.ts'
import { EARLIEST, fromMicros, now, toMicros, type Instant } from './instant.ts'
import { happen, histories, model } from './model.testing.ts'
import { partitionOfOwner } from './partition.ts'
import type { VersionRecord } from './record.ts'
import { assertSound } from './sound.testing.ts'
import { accountOf, addNote, deposit, openAccount, openTicket, transfer } from './works.testing.ts'

const db = await testDatabase()
const ledger = await openLedger({ url: db.url })
after(async () => {
  await assertSound(ledger.database)
  await ledger.close()
  await db.drop()
})

const LATE = '2199-12-31T23:59:59.999999Z'
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const owners = (count: number, prefix: string) => ownersOf((owner) => partitionOfOwner(owner, ledger.partitions), count, prefix)
const balanceOf = (record: VersionRecord | undefined) => record?.state['balance'] as string
const plus = (at: Instant, micros: number): Instant => fromMicros(toMicros(at) + BigInt(micros))

test('latest, by version and history', async () => {
  const id = ticketOf('plain')
  const first = (await ledger.append(openTicket(id))).records[0]
  const second = (await ledger.append(addNote(id))).records[0]
  assert.deepEqual(await ledger.read.latest(id), { ...second, latest: true })
  assert.deepEqual(await ledger.read.version(id, 1), { ...first, latest: false })
  assert.equal(await ledger.read.version(id, 3), undefined)
  assert.equal(await ledger.read.latest(ticketOf('plain')), undefined)
  const page = await ledger.read.history(id, 0, 1)
  assert.deepEqual(page, [{ ...first, latest: false }])
  assert.deepEqual(await ledger.read.history(id, 1, 10), [{ ...second, latest: true }])
})

test('as of any recorded and any effective time: as a naive model says', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.infiniteStream(fc.nat()), async (history, chance) => {
      const owner = randomUUID().slice(0, 8)
      const { asOf, effective, ids, recordedTimes, effectiveTimes } = model(await happen(ledger, owner, history))
      const any = <T>(list: readonly T[]): T => list[(chance.next().value ?? 0) % list.length] as T
      for (let n = 0; n < 15; n++) {
        const [id, at, effectiveAsOf] = [any(ids), any(recordedTimes), any(effectiveTimes)]
        assert.deepEqual(await ledger.read.asOf(id, at), asOf(id, at), `as of ${at}`)
        assert.deepEqual(await ledger.read.effective(id, { asOf: at, effectiveAsOf }), {
          record: effective(id, at, effectiveAsOf),
          asOf: at,
        })
        const known = await ledger.read.effective(id, { effectiveAsOf })
        assert.deepEqual(known.record, effective(id, LATE, effectiveAsOf))
        assert.deepEqual(await ledger.read.effective(id, { asOf: known.asOf, effectiveAsOf }), known)
      }
    }),
    { numRuns: 15 },
  )
})

test('as of every instant of a long history', async () => {
  const id = ticketOf('long')
  const { records } = await ledger.append(openTicket(id))
  const replies = await Promise.all(numbers(300).map(() => ledger.append(addNote(id))))
  const all = [...records, ...replies.flatMap((reply) => reply.records)]
  const timesMs: number[] = []
  for (const record of all) {
    const started = performance.now()
    assert.equal((await ledger.read.asOf(id, record.recordedAt))?.version, record.version)
    timesMs.push(performance.now() - started)
    assert.equal((await ledger.read.asOf(id, plus(record.recordedAt, -1)))?.version ?? 0, record.version - 1)
  }
  assert.equal(await ledger.read.asOf(id, EARLIEST), undefined)
  // Also on a ledger so new that PostgreSQL knows nothing of it: a bisection, never a walk through the partition (which took 60 ms).
  const median = timesMs.sort((a, b) => a - b)[timesMs.length >> 1] ?? NaN
  assert.ok(median < 15, `${median} ms`)
})

test('an answer is the same for ever, while writers write: asked again later, byte for byte', async () => {
  const ids = owners(4, 'repeat').map((owner) => ticketOf(owner, 'hot'))
  await Promise.all(ids.map((id) => ledger.append(openTicket(id))))
  let writing = true
  const writers = ids.map(async (id) => {
    while (writing) await ledger.append(addNote(id))
  })
  const asked: { readonly ask: () => Promise<unknown>; readonly answer: string }[] = []
  for (let n = 0; n < 60; n++) {
    const id = ids[n % ids.length] ?? ''
    const { rows } = await ledger.database.query<{ at: Instant }>('select clock_timestamp() as at')
    const at = rows[0]?.at ?? ''
    for (const ask of [
      () => ledger.read.asOf(id, at),
      () => ledger.read.effective(id, { asOf: at, effectiveAsOf: at }),
      () => ledger.list.asOf({ kind: 'ticket', owner: id.split(':')[1] ?? '', filters: {}, limit: 10, asOf: at }),
    ])
      asked.push({ ask, answer: JSON.stringify(await ask()) })
  }
  writing = false
  await Promise.all(writers)
  for (const { ask, answer } of asked) assert.equal(JSON.stringify(await ask()), answer)
  const versions = new Set(asked.map(({ answer }) => (JSON.parse(answer) as { version?: number }).version))
  assert.ok(versions.size > 10, 'nothing moved')
})

test('money that moves between owners is never seen half: the sum is the same as of any instant', async () => {
  const ids = owners(3, 'torn').map((owner) => accountOf(owner, 'cash'))
  for (const id of ids) {
    await ledger.append(openAccount(id))
    await ledger.append(deposit(id, '100'))
  }
  await using other = await openLedger({ url: db.url })
  let writing = true
  let moved = 0
  const movers = [ledger, other].flatMap((one, k) =>
    numbers(3).map(async (n) => {
      while (writing) {
        const { status } = await one.append(transfer(ids[n] ?? '', ids[(n + 1 + k) % 3] ?? '', ['1', '3', '7'][n] ?? ''))
        if (status === 'applied') moved++
      }
    }),
  )
  const seen = new Set<string>()
  for (let n = 0; n < 60; n++) {
    const { rows } = await other.database.query<{ at: Instant }>('select clock_timestamp() as at')
    const at = rows[0]?.at ?? ''
    const states = await Promise.all(ids.map(async (id) => balanceOf(await (n % 2 ? ledger : other).read.asOf(id, at))))
    assert.equal(states.reduce(add), '300', `as of ${at}: ${states.join(', ')}`)
    seen.add(states.join())
  }
  writing = false
  await Promise.all(movers)
  assert.ok(moved > 50 && seen.size > 10, `${moved} movements, ${seen.size} seen`)
  // And as of the instants of the movements themselves.
  const { rows } = await ledger.database.query<{ at: Instant }>(
    `select distinct recorded_at as at from ledger.versions where entity_id = any ($1) and version > 2 order by 1 desc limit 50`,
    [ids],
  )
  for (const { at } of rows) {
    const states = await Promise.all(ids.map(async (id) => balanceOf(await ledger.read.asOf(id, at))))
    assert.equal(states.reduce(add), '300')
  }
})

test('readers that settle the same partition at once all get their answer', async () => {
  const id = ticketOf('settled')
  await ledger.append(openTicket(id))
  const { rows } = await ledger.database.query<{ at: Instant }>('select clock_timestamp() as at')
  const at = rows[0]?.at ?? ''
  const answers = await Promise.all(numbers(50).map((n) => ledger.read.asOf(id, plus(at, -n))))
  assert.ok(answers.every((answer) => answer?.version === 1 || answer === undefined))
})

// The last one: it puts partitions ahead of the clock.
test('the future is refused, however it is asked for; the last time of any partition is not the future', async () => {
  const [one = '', two = ''] = owners(2, 'future')
  const [a, b] = [ticketOf(one), ticketOf(two)]
  for (const id of [a, b]) await ledger.append(openTicket(id))
  const future = plus(now(), 60_000_000)
  await assert.rejects(ledger.read.asOf(a, future), InTheFuture)
  await assert.rejects(ledger.read.effective(a, { asOf: future, effectiveAsOf: EARLIEST }), InTheFuture)
  await assert.rejects(ledger.list.asOf({ kind: 'ticket', owner: one, filters: {}, limit: 1, asOf: future }), InTheFuture)
  // What holds in the future is another question.
  assert.equal((await ledger.read.effective(a, { effectiveAsOf: LATE })).record?.version, 1)
  // The other partition's clock was ahead: its times have happened, for all partitions.
  await setAhead(ledger.database, partitionOfOwner(two, ledger.partitions), future)
  assert.equal((await ledger.read.asOf(a, future))?.version, 1)
  assert.ok(((await ledger.append(addNote(a))).records[0]?.recordedAt ?? '') > future)
})
