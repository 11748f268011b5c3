// What every sink of documents promises, as tests: registered for whichever sink is handed in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { ownerOf } from '../../ledger/entity-id.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { fold, neededFor, type Kept } from '../fold.ts'
import { defineProjection, type Projection } from '../projection.ts'
import { Superseded, type Batch, type Place, type Sink, type View } from './sink.ts'

interface Sum {
  readonly owner: string
  readonly count: number
  readonly last: string
  readonly group: string
}

/** Counts versions per owner and group, remembers each entity's last, and lets a document go when its count is a multiple of 7. */
export const counting = (name: string, version = 1): Projection =>
  defineProjection<string, Sum, { readonly last: string }>({
    name,
    version,
    summary: 'A count, for tests',
    kinds: ['trade'],
    key: ({ entityId, data }) => `${ownerOf(entityId)}:${data['group'] as string}`,
    remember: ({ event }) => ({ last: event }),
    apply(document, { entityId, event, data }, before) {
      const count = (document?.count ?? 0) + 1
      return count % 7 === 0
        ? null
        : { owner: ownerOf(entityId), group: data['group'] as string, count, last: `${before?.last ?? 'none'} ${event}` }
    },
    shown: z.object({}),
    filters: ['owner', 'group'],
    spreadBy: 'owner',
  })

const at = (position: number): string => `2026-01-02T00:00:00.${String(position).padStart(6, '0')}Z`

/** The nth version of a made-up feed of two partitions. */
export function version(n: number): VersionRecord {
  const partition = n % 2
  const position = Math.floor(n / 2) + 1
  const owner = `o${partition}`
  return {
    entityId: `trade:${owner}:T-${n % 10}`,
    kind: 'trade',
    version: 1,
    event: `E${n}`,
    data: { group: `g${Math.floor(n / 2) % 3}`, 'odd.name': 1, $odd: [null, true, 1.5] },
    state: { owner },
    partition,
    position,
    commandId: String(n),
    commandScope: owner,
    commandSeq: 0,
    commandSize: 1,
    actor: 'test',
    correlationId: String(n),
    causationId: null,
    recordedAt: at(position),
    effectiveAt: at(position),
    schemaVersion: 1,
  }
}

export const versions = (from: number, to: number): readonly VersionRecord[] =>
  Array.from({ length: to - from }, (_, n) => version(from + n))

/** What the runner does: load, fold, write. */
export async function feedInto(view: View, projection: Projection, records: readonly VersionRecord[]): Promise<void> {
  await view.write(await batchOf(view, projection, records))
}

export async function batchOf(view: View, projection: Projection, records: readonly VersionRecord[]): Promise<Batch> {
  const loaded = await view.load(neededFor(projection, records))
  const places = new Map<number, Place>(records.map(({ partition, position, recordedAt }) => [partition, { position, recordedAt }]))
  return { ...fold(projection, records, loaded), places }
}

export async function contents(view: View): Promise<readonly Kept[]> {
  const kept: Kept[] = []
  for await (const one of view.all()) kept.push(one)
  return kept
}

let made = 0
const fresh = (): Projection => counting(`contract_${process.pid}_${++made}`)

/** `sink` is asked for when a test runs; each test works on a view of its own. */
export function sinkContract(name: string, sink: () => Sink): void {
  const expected = async (projection: Projection, records: readonly VersionRecord[]): Promise<readonly Kept[]> => {
    const documents = fold(projection, records, { documents: new Map(), memories: new Map() }).documents
    return [...documents.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1))
  }

  test(`${name}: any batches come to what one fold of all comes to`, async () => {
    const projection = fresh()
    const view = await sink().open(projection, 'live')
    for (const [from, to] of [
      [0, 1],
      [1, 10],
      [10, 11],
      [11, 60],
    ] as const)
      await feedInto(view, projection, versions(from, to))
    assert.deepEqual(await contents(view), await expected(projection, versions(0, 60)))
    assert.deepEqual(
      await view.places(),
      new Map([
        [0, { position: 30, recordedAt: at(30) }],
        [1, { position: 30, recordedAt: at(30) }],
      ]),
    )
  })

  test(`${name}: fed again from anywhere, nothing changes`, async () => {
    const projection = fresh()
    const view = await sink().open(projection, 'live')
    await feedInto(view, projection, versions(0, 60))
    const before = await contents(view)
    for (const [from, to] of [
      [0, 60],
      [58, 60],
      [10, 20],
      [0, 1],
    ] as const) {
      await feedInto(view, projection, versions(from, to))
      assert.deepEqual(await contents(view), before)
    }
    assert.equal((await view.places()).get(0)?.position, 30)
    await feedInto(view, projection, versions(40, 80))
    assert.deepEqual(await contents(view), await expected(projection, versions(0, 80)))
  })

  test(`${name}: a writer that is late overwrites nothing`, async () => {
    const projection = fresh()
    const view = await sink().open(projection, 'live')
    await feedInto(view, projection, versions(0, 10))
    const late = await batchOf(view, projection, versions(10, 20))
    await feedInto(view, projection, versions(10, 60))
    await view.write(late)
    assert.deepEqual(await contents(view), await expected(projection, versions(0, 60)))
    assert.equal((await view.places()).get(1)?.position, 30)
  })

  test(`${name}: writers that race on documents that are not there yet`, async () => {
    for (let round = 0; round < 10; round++) {
      const projection = fresh()
      const view = await sink().open(projection, 'live')
      const batches = await Promise.all([6, 12, 18, 24, 30, 36].map((to) => batchOf(view, projection, versions(0, to))))
      await Promise.all(batches.map((batch) => view.write(batch)))
      assert.deepEqual(await contents(view), await expected(projection, versions(0, 36)))
    }
  })

  test(`${name}: writers that race through a feed, each in batches of its own`, async () => {
    const projection = fresh()
    const view = await sink().open(projection, 'live')
    await Promise.all(
      [3, 7, 11, 20].map(async (size) => {
        for (let from = 0; from < 200; from += size) await feedInto(view, projection, versions(from, Math.min(200, from + size)))
      }),
    )
    assert.deepEqual(await contents(view), await expected(projection, versions(0, 200)))
  })

  test(`${name}: documents are read by key, by filter and in pages; those that are no more are not shown`, async () => {
    const projection = fresh()
    const view = await sink().open(projection, 'live')
    await feedInto(view, projection, versions(0, 60))
    const all = (await expected(projection, versions(0, 60))).filter(({ body }) => body !== null)
    const page = await view.read({ filters: {}, limit: 100 })
    assert.deepEqual(
      page.documents.map(({ key, document }) => [key, document]),
      all.map(({ key, body }) => [key, body]),
    )
    assert.equal(page.hasMore, false)
    const [first, second] = page.documents
    assert.deepEqual(await view.read({ filters: {}, limit: 1 }), { documents: [first], hasMore: true })
    assert.deepEqual((await view.read({ filters: {}, after: first?.key, limit: 1 })).documents, [second])
    assert.deepEqual((await view.read({ filters: {}, key: second?.key, limit: 5 })).documents, [second])
    const ofOne = await view.read({ filters: { owner: 'o1', group: 'g0' }, limit: 5 })
    assert.deepEqual(
      ofOne.documents.map(({ key }) => key),
      all.filter(({ key }) => key === 'o1:g0').map(({ key }) => key),
    )
    assert.deepEqual(await view.read({ filters: { owner: 'nobody' }, limit: 5 }), { documents: [], hasMore: false })
  })

  test(`${name}: the next one is built beside, and swapped in`, async () => {
    const projection = fresh()
    const live = await sink().open(projection, 'live')
    await feedInto(live, projection, versions(0, 20))
    const better = counting(projection.name, 2)
    const next = await sink().open(better, 'next')
    await feedInto(next, better, versions(0, 40))
    assert.equal((await live.places()).get(0)?.position, 10)
    assert.equal(await sink().liveVersion(projection), 1)
    await sink().swap(better)
    assert.equal(await sink().liveVersion(projection), 2)
    const swapped = await sink().open(better, 'live')
    assert.deepEqual(await contents(swapped), await expected(better, versions(0, 40)))
    assert.equal((await swapped.places()).get(0)?.position, 20)
    await sink().swap(better) // again: nothing is next
    assert.deepEqual(await contents(await sink().open(better, 'live')), await expected(better, versions(0, 40)))
    await feedInto(swapped, better, versions(20, 60))
    assert.deepEqual(await contents(swapped), await expected(better, versions(0, 60)))
    await sink().drop(better, 'live')
    assert.equal(await sink().liveVersion(projection), undefined)
    assert.deepEqual(await contents(await sink().open(better, 'live')), [])
  })

  test(`${name}: what was opened before a swap, or a drop, writes nothing after it`, async () => {
    const projection = fresh()
    const before = await sink().open(projection, 'live')
    await feedInto(before, projection, versions(0, 20))
    const late = await batchOf(before, projection, versions(20, 40))
    const better = counting(projection.name, 2)
    const next = await sink().open(better, 'next')
    let caughtUp = 0
    await sink().swap(better, async () => {
      caughtUp++
      await feedInto(next, better, versions(0, 30))
    })
    assert.equal(caughtUp, 1)
    await assert.rejects(before.write(late), Superseded)
    const after = await sink().open(better, 'live')
    assert.deepEqual(await contents(after), await expected(better, versions(0, 30)))
    assert.equal((await after.places()).get(0)?.position, 15)
    await feedInto(after, better, versions(30, 40))
    await sink().drop(better, 'live')
    await assert.rejects(after.write(late), Superseded)
    assert.deepEqual(await contents(await sink().open(better, 'live')), [])
  })

  test(`${name}: where next can not catch up, nothing is swapped`, async () => {
    const projection = fresh()
    const live = await sink().open(projection, 'live')
    await feedInto(live, projection, versions(0, 20))
    const better = counting(projection.name, 2)
    await feedInto(await sink().open(better, 'next'), better, versions(0, 10))
    await assert.rejects(
      sink().swap(better, () => Promise.reject(new Error('it can not'))),
      /it can not/,
    )
    assert.equal(await sink().liveVersion(projection), 1)
    await feedInto(live, projection, versions(20, 30))
    assert.deepEqual(await contents(live), await expected(projection, versions(0, 30)))
  })
}
