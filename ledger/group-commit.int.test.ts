// Promises: works commit together, and yet each as if it were alone: in order, all or none, on the newest state, answered for itself.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { testDatabase } from '../test/database.ts'
import { ownersOf, ticketOf } from './batch.testing.ts'
import { subtract } from './decimal.ts'
import { Overloaded, RuleBroken, Unavailable } from './failure.ts'
import { MAX_QUEUED_BYTES, type BatchStatistics } from './group-commit.ts'
import { openLedger, type Ledger } from './index.ts'
import { partitionOfOwner } from './partition.ts'
import { assertSound } from './sound.testing.ts'
import {
  accountOf,
  addNote,
  deposit,
  money,
  noteOn,
  openAccount,
  openTicket,
  transfer,
  transferred,
  work,
  worldOf,
} from './works.testing.ts'

const db = await testDatabase()
const batches: BatchStatistics[] = []
const ledger = await openLedger({ url: db.url, onBatch: (one) => batches.push(one) })
after(async () => {
  await assertSound(ledger.database)
  await ledger.close()
  await db.drop()
})

const owners = (count: number, prefix: string) => ownersOf((owner) => partitionOfOwner(owner, ledger.partitions), count, prefix)
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const notes = async (id: string) => (await ledger.read.latest(id))?.state['noteCount']
const balance = async (id: string) => (await ledger.read.latest(id))?.state['balance'] as string

async function funded(id: string, amount: string, limit?: string | null): Promise<void> {
  await ledger.append(openAccount(id, limit === undefined ? {} : { limit }))
  if (amount !== '0') await ledger.append(deposit(id, amount))
}

test('many units on one entity commit in one batch, in the order they came', async () => {
  const id = ticketOf('hot')
  batches.length = 0
  const replies = await Promise.all([ledger.append(openTicket(id)), ...numbers(200).map(() => ledger.append(addNote(id)))])
  assert.deepEqual(
    replies.map(({ records }) => records[0]?.version),
    numbers(201).map((n) => n + 1),
  )
  assert.equal(await notes(id), 200)
  assert.ok(batches.length <= 2, `${batches.length} batches`)
  const stored = await ledger.read.history(id, 0, 300)
  assert.deepEqual(
    stored.map(({ latest: _, ...record }) => record),
    replies.map(({ records }) => records[0]),
  )
})

test('a unit that the database refuses fails alone, and so does one that throws', async () => {
  const id = ticketOf('alone')
  const poor = accountOf('alone', 'poor')
  await funded(poor, '5')
  const overdraw = work({ entities: [poor], decide: () => transferred(poor, worldOf(poor), '10') })
  const broken = work({
    entities: [id],
    decide: () => {
      throw new TypeError('a bug')
    },
  })
  const settled = await Promise.allSettled([
    ledger.append(openTicket(id)),
    ...numbers(20).map((n) => ledger.append(n === 7 ? overdraw : n === 11 ? broken : addNote(id))),
  ])
  const failed = settled.map((one) => (one.status === 'rejected' ? (one.reason as Error) : undefined))
  assert.ok(failed[8] instanceof RuleBroken && failed[8].rule === 'account_limit', String(failed[8]))
  assert.match(failed[8].message, /available -5 would be below the limit 0/)
  assert.ok(failed[12] instanceof TypeError)
  assert.equal(failed.filter(Boolean).length, 2)
  assert.equal(await notes(id), 18)
  assert.equal(await balance(poor), '5')
})

test('units that came later than one that broke a rule are decided without it', async () => {
  const [from, to] = [accountOf('without', 'a'), accountOf('without', 'b')]
  await funded(from, '10')
  await funded(to, '0', '-1')
  // The first looks fine to its decider, which looks at one side only; the second lives by what the first would have brought.
  const bad = work({ entities: [from, to], decide: () => transferred(from, to, '11') })
  const replies = await Promise.allSettled([
    ledger.append(bad),
    ledger.append(transfer(to, from, '5')),
    ledger.append(transfer(from, to, '10')),
  ])
  assert.deepEqual(
    replies.map((one) => (one.status === 'fulfilled' ? (one.value.reason ?? one.value.status) : (one.reason as Error).name)),
    ['RuleBroken', 'insufficient_funds', 'applied'],
  )
})

test('a unit over several owners is whole, and refusals and dry runs write nothing', async () => {
  const [one = '', two = '', three = ''] = owners(3, 'wide')
  const [a, b, c] = [accountOf(one, 'a'), accountOf(two, 'b'), accountOf(three, 'c')]
  await funded(a, '100')
  await Promise.all([funded(b, '0'), funded(c, '0')])
  const both = work({ entities: [a, b, c], decide: () => [...transferred(a, b, '30'), ...transferred(b, c, '20')] })
  const [applied, refused, dry] = await Promise.all([
    ledger.append(both),
    ledger.append(transfer(a, c, '71')),
    ledger.append(transfer(a, c, '70', { dryRun: true })),
  ])
  assert.equal(applied.records.length, 4)
  assert.equal(new Set(applied.records.map(({ recordedAt }) => recordedAt)).size, 1)
  assert.deepEqual([refused.status, refused.reason, dry.status], ['refused', 'insufficient_funds', 'applied'])
  assert.deepEqual(await Promise.all([a, b, c].map(balance)), ['70', '10', '20'])
})

test('a wide unit in a flood of narrow ones is served within a few batches', async () => {
  const everyone = owners(ledger.partitions, 'flood')
  const ids = everyone.map((owner) => ticketOf(owner, 'hot'))
  await Promise.all(ids.map((id) => ledger.append(openTicket(id))))
  let flooding = true
  let narrow = 0
  const flood = ids.flatMap((id) =>
    numbers(5).map(async () => {
      while (flooding) {
        await ledger.append(addNote(id))
        narrow++
      }
    }),
  )
  for (let n = 0; n < 5; n++) {
    const before = batches.length
    const { records } = await ledger.append(work({ entities: ids, decide: () => ids.map((id) => noteOn(id)) }))
    assert.equal(records.length, ledger.partitions)
    assert.ok(batches.length - before <= 10, `the wide unit waited for ${batches.length - before} batches`)
  }
  flooding = false
  await Promise.all(flood)
  assert.ok(narrow > 100, `${narrow} narrow ones`)
  const counts = await Promise.all(ids.map(notes))
  assert.equal(
    counts.reduce<number>((sum, count) => sum + Number(count), 0),
    narrow + 5 * ledger.partitions,
  )
})

test('a batch that is held up holds up no other for long', async () => {
  const [stuck = '', free = ''] = owners(2, 'held')
  const somebody = new pg.Client(db.url)
  await somebody.connect()
  await somebody.query('begin')
  await somebody.query('select ledger.lock($1)', [[partitionOfOwner(stuck, ledger.partitions)]])
  const waiting = ledger.append(openAccount(accountOf(stuck, 'USD')))
  await sleep(50)
  assert.equal(ledger.commits.busyLanes, 1)
  await ledger.append(openAccount(accountOf(free, 'USD')))
  assert.ok(ledger.commits.busyLanes >= 1, 'the other one still waits')
  await somebody.query('rollback')
  await somebody.end()
  await waiting
})

test('what a decision has looked at is verified: no write skew', async () => {
  const [one = '', two = ''] = owners(2, 'skew')
  const [a, b] = [accountOf(one, 'a'), accountOf(two, 'b')]
  const sink = [worldOf(a), worldOf(b)] as const
  await using other = await openLedger({ url: db.url })
  for (let round = 0; round < 10; round++) {
    if (round === 0) await Promise.all([funded(a, '10', '-1000'), funded(b, '10', '-1000')])
    // Each may take 15 from its own account as long as both together stay at zero or above: one of the two must be refused.
    const take = (from: string, to: string) =>
      work({
        entities: [from],
        scope: from.split(':')[1] ?? '',
        decide(view) {
          const [x, y] = [money(view.entity(a)), money(view.entity(b))]
          if (Number(x?.balance) + Number(y?.balance) < 15) return 'together too low'
          return transferred(from, to, '15')
        },
      })
    // Both know the states as they are now, and neither sees what the other has in flight.
    const look = work({ entities: [a, b], decide: (view) => (view.entity(a), view.entity(b), []) })
    await Promise.all([ledger.append(look), other.append(look)])
    const replies = await Promise.all([ledger.append(take(a, sink[0])), other.append(take(b, sink[1]))])
    assert.deepEqual(replies.map(({ status }) => status).sort(), ['applied', 'refused'], `round ${round}`)
    const [x, y] = [await balance(a), await balance(b)]
    assert.equal(Number(x) + Number(y), 5)
    await Promise.all([x, y].map((left, n) => ledger.append(deposit(n === 0 ? a : b, subtract('10', left)))))
  }
})

test('copies of one key at once are applied once, and all get that answer', async () => {
  const id = ticketOf('copies')
  await ledger.append(openTicket(id))
  await using other = await openLedger({ url: db.url })
  const replies = await Promise.all(numbers(40).map((n) => (n % 2 ? other : ledger).append(addNote(id, { key: 'same' }))))
  assert.equal(replies.filter(({ status }) => status === 'applied').length, 1)
  assert.equal(replies.filter(({ status }) => status === 'replayed').length, 39)
  const [first] = replies
  for (const { records } of replies) assert.deepEqual(records, first?.records)
  assert.equal((await ledger.append(addNote(id, { key: 'same', text: 'another' }))).status, 'key reused')
  assert.equal(await notes(id), 1)
})

test('if the first copy of a key is refused, the next one is decided', async () => {
  const id = ticketOf('refused-copies')
  const [early, open, late] = await Promise.all([
    ledger.append(addNote(id, { key: 'same' })),
    ledger.append(openTicket(id)),
    ledger.append(addNote(id, { key: 'same' })),
  ])
  assert.deepEqual([early.reason, open.status, late.status], ['not_found', 'applied', 'applied'])
})

test('a key is its owner’s: two owners use the same one at once', async () => {
  const ids = owners(4, 'same-key').map((owner) => ticketOf(owner))
  await using other = await openLedger({ url: db.url })
  const replies = await Promise.all(ids.map((id, n) => (n % 2 ? other : ledger).append(openTicket(id, { key: 'first' }))))
  assert.ok(replies.every(({ status }) => status === 'applied'))
  assert.equal(new Set(replies.map(({ records }) => records[0]?.entityId)).size, 4)
})

test('a command of several rows over partitions is answered again from its rows, also by a ledger that has not seen it', async () => {
  const [one = '', two = ''] = owners(2, 'again')
  const [a, b] = [accountOf(one, 'a'), accountOf(two, 'b')]
  await Promise.all([funded(a, '9'), funded(b, '0')])
  const first = await ledger.append(transfer(a, b, '4', { key: 'k' }))
  await using other = await openLedger({ url: db.url })
  for (const one of [ledger, other]) {
    const again = await one.append(transfer(a, b, '4', { key: 'k' }))
    assert.equal(again.status, 'replayed')
    assert.deepEqual(again.records, first.records)
  }
})

test('a work that discovers another partition while it is decided keeps its place', async () => {
  const [one = '', two = ''] = owners(2, 'discovers')
  const [here, there] = [ticketOf(one, 'here'), ticketOf(two, 'there')]
  await Promise.all([ledger.append(openTicket(here)), ledger.append(openTicket(there))])
  const order: string[] = []
  const note = (id: string, label: string) => ledger.append(addNote(id)).then(() => order.push(label))
  const discoverer = work({
    entities: [here],
    decide: (view) => [noteOn(here, `${view.entity(here).version} ${view.entity(there).version}`), noteOn(there)],
  })
  const [, reply] = await Promise.all([
    note(here, 'before'),
    ledger.append(discoverer).then((answer) => (order.push('discoverer'), answer)),
    ...numbers(5).map(() => note(here, 'after')),
  ])
  assert.deepEqual(order, ['before', 'discoverer', 'after', 'after', 'after', 'after', 'after'])
  assert.deepEqual(
    reply.records.map(({ entityId, version }) => [entityId, version]),
    [
      [here, 3],
      [there, 2],
    ],
  )
})

test('a unit may discover many entities, one after the other', async () => {
  const ids = numbers(120).map((n) => ticketOf('chain', `t${n}`))
  await Promise.all(ids.map((id) => ledger.append(openTicket(id))))
  await using other = await openLedger({ url: db.url })
  const { records } = await other.append(
    work({
      entities: ids.slice(0, 1),
      decide: (view) => ids.filter((id) => view.entity(id).version > 0).map((id) => noteOn(id)),
    }),
  )
  assert.equal(records.length, 120)
})

test('a work that names no entity is answered too', async () => {
  const id = ticketOf('unnamed')
  await ledger.append(openTicket(id))
  const { status } = await ledger.append(
    work({ entities: [], scope: 'unnamed', decide: (view) => (view.entity(id).version > 0 ? [noteOn(id)] : 'none') }),
  )
  assert.equal(status, 'applied')
  assert.deepEqual(await ledger.append(work({ entities: [], scope: 'unnamed', decide: () => [] })), { status: 'applied', records: [] })
})

test('a full queue says Overloaded, room() waits for its turn, and all that was accepted is answered', async () => {
  await using small = await openLedger({ url: db.url })
  const ids = owners(4, 'full').map((owner) => ticketOf(owner))
  await Promise.all(ids.map((id) => small.append(openTicket(id))))
  const bytes = MAX_QUEUED_BYTES / 100
  const submit = (n: number) => small.append(addNote(ids[n % 4] ?? '', { bytes }))
  const accepted = numbers(100).map(submit)
  await Promise.all([assert.rejects(submit(0), Overloaded), assert.rejects(submit(1), Overloaded)])
  const streams = numbers(20).map(async (n) => {
    const replies = []
    for (let line = 0; line < 10; line++) {
      await small.commits.room()
      replies.push(submit(n + line))
    }
    return Promise.all(replies)
  })
  const replies = [...(await Promise.all(accepted)), ...(await Promise.all(streams)).flat()]
  assert.ok(replies.every(({ status }) => status === 'applied'))
  assert.equal(
    (await Promise.all(ids.map(notes))).reduce<number>((sum, count) => sum + Number(count), 0),
    300,
  )
  assert.deepEqual([small.commits.queued, small.commits.inFlight], [0, 0])
})

test('close() answers everything accepted, and accepts nothing more', async () => {
  const closing: Ledger = await openLedger({ url: db.url })
  const ids = owners(5, 'closing').map((owner) => ticketOf(owner))
  const accepted = ids.flatMap((id) => [closing.append(openTicket(id)), ...numbers(50).map(() => closing.append(addNote(id)))])
  const closed = closing.close()
  await assert.rejects(closing.append(addNote(ids[0] ?? '')), Unavailable)
  const replies = await Promise.all(accepted)
  await closed
  assert.ok(replies.every(({ status }) => status === 'applied'))
  assert.deepEqual(await Promise.all(ids.map(notes)), [50, 50, 50, 50, 50])
})
