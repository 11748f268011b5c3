// Promises: a ledger that was restored to an earlier time (here: a copy of the database as it was then) refuses every place that was read beyond that time, also when it has grown past it since;
// and goes on, version by version, from every place up to it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../test/database.ts'
import { ownersOf, ticketOf } from './batch.testing.ts'
import type { FeedFilter } from './feed.ts'
import { BadPlace, ForeignPlace, type FeedPlace } from './feed-place.ts'
import { decodeFeedPlace, encodeFeedPlace } from './feed-cursor.ts'
import { openLedger, type Ledger } from './index.ts'
import { partitionOfOwner } from './partition.ts'
import type { VersionRecord } from './record.ts'
import { accountOf, addNote, openAccount, openTicket } from './works.testing.ts'

const original = await testDatabase()
let ledger = await openLedger({ url: original.url })
const P = ledger.partitions
const owners = ownersOf((owner) => partitionOfOwner(owner, P), 4, 'o')
const nameOf = ({ entityId, version }: VersionRecord) => `${entityId} ${version}`
after(() => ledger.close().then(() => original.drop()))

/** Per owner an account, a ticket and so many notes: the last of each partition is a ticket's. */
async function write(one: Ledger, local: string, notes: number): Promise<void> {
  for (const owner of owners) {
    await one.append(openAccount(accountOf(owner, local)))
    await one.append(openTicket(ticketOf(owner, local)))
    for (let n = 0; n < notes; n++) await one.append(addNote(ticketOf(owner, local)))
  }
}

async function drain(one: Ledger, from: FeedPlace, filter: FeedFilter = {}) {
  const versions: VersionRecord[] = []
  const places: FeedPlace[] = [from]
  for (;;) {
    const page = await one.feed.read(places.at(-1) ?? from, 5, filter)
    versions.push(...page.versions)
    places.push(...page.versions.map((_, n) => page.placeAfter(n)), page.next)
    if (page.caughtUp) return { versions, places }
  }
}

await write(ledger, 'kept', 2)
const kept = await drain(ledger, ledger.feed.beginning)
await ledger.close()
const copy = await testDatabase({ copyOf: original.name })
const restored = await openLedger({ url: copy.url })
after(() => restored.close().then(() => copy.drop()))
ledger = await openLedger({ url: original.url })
const keptHead = await ledger.feed.end()
await write(ledger, 'lost', 2)

const isForeign = async (place: FeedPlace): Promise<void> => {
  for (const given of [place, decodeFeedPlace(encodeFeedPlace(place), P)]) {
    await assert.rejects(restored.feed.read(given, 5), ForeignPlace)
    await assert.rejects(restored.feed.check(given), ForeignPlace)
  }
}

test('what was read beyond the restored time is refused, at once and when the ledger has grown past it', async () => {
  const lost = await drain(ledger, keptHead)
  const accounts = await drain(ledger, ledger.feed.beginning, { kinds: ['account'] })
  const owned = await drain(ledger, ledger.feed.beginning, { owner: owners[1] ?? '' })
  const beyond = [...lost.places.slice(1), accounts.places.at(-1), owned.places.at(-1), await ledger.feed.end()].filter((place) => !!place)
  for (const place of beyond) await ledger.feed.check(place)
  for (const place of beyond) await isForeign(place)
  await write(restored, 'new', 10)
  const { positions } = await restored.feed.end()
  for (const place of beyond) {
    assert.ok(place.positions.every((position, partition) => position <= (positions[partition] ?? 0)))
    await isForeign(place)
  }
})

test('every place up to it goes on: nothing is missing, nothing comes twice', async () => {
  const { versions } = await drain(restored, restored.feed.beginning)
  const all = versions.map(nameOf).sort()
  assert.equal(all.length, kept.versions.length + owners.length * 12)
  for (const place of [...kept.places, keptHead]) {
    const rest = await drain(restored, decodeFeedPlace(encodeFeedPlace(place), P))
    const before = kept.versions.filter(({ partition, position }) => position <= (place.positions[partition] ?? 0))
    assert.deepEqual([...before, ...rest.versions].map(nameOf).sort(), all)
  }
})

test('one partition by position: with the time of what was read last, the same', async () => {
  const { versions } = await drain(ledger, ledger.feed.beginning)
  for (const { partition, position, recordedAt } of versions) {
    const isKept = position <= (keptHead.positions[partition] ?? 0)
    const page = restored.feed.readPartition(partition, position, 5, recordedAt)
    if (isKept) assert.equal((await page).versions[0]?.position, position + 1)
    else await assert.rejects(page, ForeignPlace)
  }
  await assert.rejects(restored.feed.readPartition(0, 0, 5, versions[0]?.recordedAt), ForeignPlace)
})

test('a cursor of an earlier version of the program has no mark, and is taken by its positions alone', async () => {
  const { mark, ...unmarked } = keptHead
  assert.ok(mark)
  const text = encodeFeedPlace(unmarked)
  assert.ok(text.startsWith('AR'))
  assert.equal((await restored.feed.read(decodeFeedPlace(text, P), 5)).versions.length, 5)
  await assert.rejects(restored.feed.read({ ...unmarked, positions: unmarked.positions.map((position) => position + 1_000) }, 5), BadPlace)
})
