// Promises: the feed shows every version once, in commit order within a partition, whatever else goes on; from any place on, live, and also when no notification ever arrives.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testDatabase } from '../test/database.ts'
import { ownersOf, ticketOf } from './batch.testing.ts'
import { feed, POLL_INTERVAL_MS, type FeedFilter } from './feed.ts'
import { BadPlace, type FeedPlace } from './feed-place.ts'
import { openLedger, type Ledger } from './index.ts'
import { partitionOfOwner } from './partition.ts'
import type { VersionRecord } from './record.ts'
import { assertSound } from './sound.testing.ts'
import { accountOf, addNote, deposit, openAccount, openTicket, transfer } from './works.testing.ts'

const db = await testDatabase()
const ledger = await openLedger({ url: db.url })
const P = ledger.partitions
after(async () => {
  await assertSound(ledger.database)
  await ledger.close()
  await db.drop()
})

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const owners = (count: number, prefix: string) => ownersOf((owner) => partitionOfOwner(owner, P), count, prefix)
const nameOf = ({ entityId, version }: VersionRecord) => `${entityId} ${version}`

/** All versions from a place on, page by page, to where nothing more was there. */
async function drain(
  from: FeedPlace,
  limit = 100,
  filter: FeedFilter = {},
): Promise<{ readonly versions: readonly VersionRecord[]; readonly next: FeedPlace }> {
  const versions: VersionRecord[] = []
  for (let place = from; ;) {
    const page = await ledger.feed.read(place, limit, filter)
    assert.ok(page.versions.length <= limit)
    versions.push(...page.versions)
    place = page.next
    if (page.caughtUp) return { versions, next: place }
  }
}

/** Each partition's positions go on by one from where they stood. */
function assertDense(versions: readonly VersionRecord[], from: FeedPlace): void {
  const positions = [...from.positions]
  for (const { partition, position } of versions) {
    assert.equal(position, (positions[partition] ?? 0) + 1, `partition ${partition}`)
    positions[partition] = position
  }
}

async function write(one: Ledger, prefix: string, count: number): Promise<readonly string[]> {
  const ids = owners(4, prefix).map((owner) => ticketOf(owner, 'hot'))
  const replies = await Promise.all(ids.flatMap((id) => [one.append(openTicket(id)), ...numbers(count).map(() => one.append(addNote(id)))]))
  return replies.flatMap(({ records }) => records).map(nameOf)
}

test('every version, in dense positions, in pages of any size; a place goes on where it stopped', async () => {
  const written = await write(ledger, 'pages', 30)
  for (const limit of [1, 7, 1_000]) {
    const { versions, next } = await drain(ledger.feed.beginning, limit)
    assertDense(versions, ledger.feed.beginning)
    assert.deepEqual(versions.map(nameOf).sort(), [...written].sort())
    assert.deepEqual((await ledger.feed.read(next, limit)).versions, [])
    assert.deepEqual(next.positions, (await ledger.feed.end()).positions)
  }
  assert.deepEqual((await drain(await ledger.feed.end())).versions, [])
  const page = await ledger.feed.read(ledger.feed.beginning, 50)
  const whole = await drain(ledger.feed.beginning)
  for (const n of [0, 1, 20, 49]) {
    const rest = await drain(page.placeAfter(n))
    const before = page.versions.slice(0, n + 1)
    assert.deepEqual([...before, ...rest.versions].map(nameOf).sort(), whole.versions.map(nameOf).sort())
    assertDense(rest.versions, page.placeAfter(n))
  }
})

test('a record of the feed is the record that was answered', async () => {
  const from = await ledger.feed.end()
  const [a, b] = owners(2, 'same').map((owner) => accountOf(owner, 'cash'))
  assert.ok(a && b)
  const replies = [
    await ledger.append(openAccount(a)),
    await ledger.append(openAccount(b)),
    await ledger.append(deposit(a, '5')),
    await ledger.append(transfer(a, b, '2')),
  ]
  const { versions } = await drain(from)
  const order = (x: VersionRecord, y: VersionRecord) => x.partition - y.partition || x.position - y.position
  assert.deepEqual([...versions].sort(order), replies.flatMap(({ records }) => records).sort(order))
})

test('a busy partition does not make the others wait', async () => {
  const from = await ledger.feed.end()
  const [busy = '', quiet = ''] = owners(2, 'fair').map((owner) => ticketOf(owner, 'hot'))
  await ledger.append(openTicket(busy))
  await Promise.all(numbers(200).map(() => ledger.append(addNote(busy))))
  await ledger.append(openTicket(quiet))
  let place = from
  let pages = 0
  for (let seen = false; !seen; pages++) {
    const page = await ledger.feed.read(place, 10)
    place = page.next
    seen = page.versions.some(({ entityId }) => entityId === quiet)
  }
  assert.ok(pages <= 2, `${pages} pages`)
})

test('a filter hides versions and not places: what it passes over is behind it', async () => {
  const from = await ledger.feed.end()
  const [one = '', two = ''] = owners(2, 'filter')
  await ledger.append(openAccount(accountOf(one, 'cash')))
  await ledger.append(openTicket(ticketOf(one, 'a')))
  await Promise.all(numbers(50).map(() => ledger.append(addNote(ticketOf(one, 'a')))))
  await ledger.append(openAccount(accountOf(two, 'cash')))
  const accounts = await drain(from, 10, { kinds: ['account'] })
  assert.deepEqual(accounts.versions.map(nameOf).sort(), [one, two].map((owner) => `account:${owner}:cash 1`).sort())
  assert.deepEqual((await drain(accounts.next)).versions, [])
  const own = await drain(from, 10, { owner: two })
  assert.deepEqual(own.versions.map(nameOf), [`account:${two}:cash 1`])
  assert.deepEqual((await drain(from, 10, { owner: one, kinds: ['trade'] })).versions, [])
})

test('one partition by itself', async () => {
  const owner = 'alone'
  const partition = partitionOfOwner(owner, P)
  const after = (await ledger.feed.end()).positions[partition] ?? 0
  await ledger.append(openTicket(ticketOf(owner, 'a')))
  await Promise.all(numbers(9).map(() => ledger.append(addNote(ticketOf(owner, 'a')))))
  const first = await ledger.feed.readPartition(partition, after, 6)
  assert.deepEqual([first.versions.length, first.next, first.caughtUp], [6, after + 6, false])
  const second = await ledger.feed.readPartition(partition, first.next, 6)
  assert.deepEqual([second.versions.length, second.next, second.caughtUp], [4, after + 10, true])
  assert.deepEqual(
    second.versions.map(({ position }) => position),
    [7, 8, 9, 10].map((n) => after + n),
  )
  await assert.rejects(ledger.feed.readPartition(partition, after + 11, 6), BadPlace)
  await assert.rejects(ledger.feed.readPartition(P, 0, 6), BadPlace)
})

test('a place that this ledger never gave is refused', async () => {
  const end = await ledger.feed.end()
  const bad: readonly (readonly number[])[] = [
    end.positions.slice(1),
    [...end.positions, 0],
    end.positions.map((position) => position + 1),
    end.positions.map(() => -1),
    end.positions.map(() => NaN),
  ]
  for (const positions of bad) await assert.rejects(ledger.feed.read({ positions, first: 0 }, 10), BadPlace)
})

test('complete while several processes write and several readers read', async () => {
  const from = await ledger.feed.end()
  await using other = await openLedger({ url: db.url })
  let writing = true
  const written = Promise.all([ledger, other, ledger, other].map((one, n) => write(one, `many${n}-`, 60))).finally(() => (writing = false))
  const reader = async (limit: number): Promise<readonly VersionRecord[]> => {
    const versions: VersionRecord[] = []
    let place = from
    while (writing) {
      const page = await ledger.feed.read(place, limit)
      versions.push(...page.versions)
      place = page.next
    }
    return [...versions, ...(await drain(place)).versions]
  }
  const seen = await Promise.all([3, 20, 500].map(reader))
  const expected = (await written).flat().sort()
  for (const versions of seen) {
    assertDense(versions, from)
    assert.deepEqual(versions.map(nameOf).sort(), expected)
  }
})

interface Follower {
  readonly versions: readonly VersionRecord[]
  readonly stop: () => Promise<void>
  /** Milliseconds until so many versions were seen. */
  readonly until: (count: number, withinMs: number) => Promise<number>
}

function follow(source: Pick<Ledger['feed'], 'follow'>, place: FeedPlace): Follower {
  const versions: VersionRecord[] = []
  const ending = new AbortController()
  const done = (async () => {
    for await (const page of source.follow(place, { limit: 100, signal: ending.signal })) versions.push(...page.versions)
  })()
  return {
    versions,
    stop: () => (ending.abort(), done),
    async until(count, withinMs) {
      const started = performance.now()
      while (versions.length < count && performance.now() - started < withinMs) await sleep(2)
      assert.equal(versions.length, count)
      return performance.now() - started
    },
  }
}

test('a follower sees what is committed at once, in its own process and in another', async () => {
  await using other = await openLedger({ url: db.url })
  const from = await ledger.feed.end()
  const [near, far] = [follow(ledger.feed, from), follow(other.feed, from)]
  await sleep(200)
  const times: number[] = []
  for (let n = 1; n <= 10; n++) {
    await ledger.append(openTicket(ticketOf('live')))
    times.push(Math.max(await near.until(n, 5_000), await far.until(n, 5_000)))
    await sleep(10)
  }
  await Promise.all([near.stop(), far.stop()])
  assert.ok((times.sort((a, b) => a - b)[5] ?? NaN) < POLL_INTERVAL_MS / 4, `${times.map(Math.round).join(' ')} ms`)
  assertDense(far.versions, from)
})

test('a follower of a long backlog gets all of it, and leaves nothing behind', async () => {
  const warnings: Error[] = []
  const warned = (warning: Error) => warnings.push(warning)
  process.on('warning', warned)
  const count = (await drain(ledger.feed.beginning)).versions.length
  const ending = new AbortController()
  let seen = 0
  for await (const page of ledger.feed.follow(ledger.feed.beginning, { limit: 5, signal: ending.signal })) {
    seen += page.versions.length
    if (page.caughtUp) ending.abort()
  }
  await sleep(10)
  process.off('warning', warned)
  assert.equal(seen, count)
  assert.deepEqual(warnings, [])
})

test('complete when notifications are lost: the listening connection dies, or none was ever heard', async () => {
  await using other = await openLedger({ url: db.url })
  const from = await ledger.feed.end()
  const deaf = feed(ledger.database, P, { next: (signal, timeoutMs) => sleep(timeoutMs, undefined, { signal }).catch(() => {}) })
  const followers = [follow(other.feed, from), follow(deaf, from)]
  await sleep(200)
  const { rows } = await ledger.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen %'`,
  )
  assert.ok(rows.length > 0, 'nobody listened')
  await ledger.append(openTicket(ticketOf('lost')))
  for (const follower of followers) await follower.until(1, 3 * POLL_INTERVAL_MS)
  // And it listens again after a while.
  await sleep(2 * POLL_INTERVAL_MS)
  await ledger.append(openTicket(ticketOf('lost')))
  assert.ok(((await followers[0]?.until(2, 5_000)) ?? NaN) < POLL_INTERVAL_MS / 2)
  await followers[1]?.until(2, 3 * POLL_INTERVAL_MS)
  await Promise.all(followers.map(({ stop }) => stop()))
})

test('what was planned while the ledger was empty still probes when it is not', async () => {
  await using young = await testDatabase()
  await using own = await openLedger({ url: young.url, readConnections: 1 })
  // After five times, a plan is made for good.
  for (let n = 0; n < 10; n++) await own.feed.read({ ...own.feed.beginning, mark: 0n }, 10)
  for (let n = 0; n < 30; n++) await Promise.all(owners(P, `young${n}-`).map((owner) => own.append(openTicket(ticketOf(owner)))))
  const { positions } = await own.feed.end()
  const { rows } = await own.database.query<{ 'QUERY PLAN': string }>(
    `explain (analyze, buffers, costs off, timing off) execute "feed-heads" ('{${positions.join()}}')`,
  )
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  assert.ok(positions.every((position) => position >= 30))
  assert.doesNotMatch(plan, /Rows Removed by|Seq Scan on versions|versions_pkey/, plan)
})

test('caughtUp is true only of a page that reached what was committed', async () => {
  const from = await ledger.feed.end()
  await Promise.all(numbers(10).map((n) => ledger.append(openTicket(ticketOf('caught', `t${n}`)))))
  const first = await ledger.feed.read(from, 9)
  assert.deepEqual([first.versions.length, first.caughtUp], [9, false])
  const second = await ledger.feed.read(first.next, 9)
  assert.deepEqual([second.versions.length, second.caughtUp], [1, true])
  assert.equal((await ledger.feed.read(from, 10)).caughtUp, true)
  const third = await ledger.feed.read(second.next, 9)
  assert.deepEqual([third.versions.length, third.caughtUp], [0, true])
})
