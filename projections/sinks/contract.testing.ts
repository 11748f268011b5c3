// What every sink of documents promises, as tests: registered for whichever sink is handed in.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { ownerOf } from '../../ledger/entity-id.ts'
import type { JsonObject, JsonValue } from '../../ledger/json.ts'
import type { VersionRecord } from '../../ledger/record.ts'
import { heapBytes } from '../../test/heap.ts'
import { proxy } from '../../test/services/proxy.ts'
import { fold, type Kept } from '../fold.ts'
import { defineProjection, type Projection } from '../projection.ts'
import { advance } from '../runner/advance.ts'
import { BATCH_VERSIONS } from '../runner/pages.ts'
import { at, batchOf, contents, counting, feedInto, version, versions } from './made-up.testing.ts'
import { Superseded, type Batch, type Sink } from './sink.ts'

let made = 0
const fresh = (): Projection => counting(`contract_${process.pid}_${++made}`)

/** Shows the state of the only entity that a document is made of. */
const echo = (): Projection =>
  defineProjection<string, { readonly owner: string }>({
    name: `echo_${process.pid}_${++made}`,
    version: 1,
    summary: 'What was given, for tests',
    kinds: ['trade'],
    key: ({ entityId }) => entityId,
    apply: (_, { state }) => state as unknown as { readonly owner: string },
    shown: z.object({}),
    filters: ['owner'],
    spreadBy: { member: 'owner', of: ownerOf },
  })

const ODD: JsonObject = {
  owner: 'o0',
  $ref: 'x',
  $id: 'y',
  'a.b': { 'c.d': [{ 'e.f': 1 }], '': 'no name' },
  nested: { $odd: '$owner', $ref: 'x', $id: 'y', _id: 1, _seen: { position: 1e9 }, '.': null, $: '$$ROOT' },
  reference: { $ref: 'x', $id: 'y', $db: 'z' },
  kinds: { _bsontype: 'ObjectId', id: 'x', deeper: [{ _bsontype: 'Long', $ref: 'a', $id: 0 }] },
  numbers: [0, 1, -1, 1.5, 2_147_483_648, -2_147_483_649, 9_007_199_254_740_991, 1e300, 5e-324],
  nothing: [null, {}, [], '', false],
  text: 'Zoë \u{1F600} \u2028 "\\',
  ...JSON.parse('{"__proto__": {"constructor": "x"}}'),
}

interface Typed {
  readonly owner: string
  readonly textMember: string
  readonly decimalMember: string
  readonly integerMember: number
  readonly booleanMember: boolean
  readonly instantMember: string
  readonly dateMember: string
  readonly jsonMember: JsonValue
}

/** Shows the state of the only entity that a document is made of, in typed columns. */
export const typed = (): Projection =>
  defineProjection<string, Partial<Typed>>({
    name: `typed_${process.pid}_${++made}`,
    version: 1,
    summary: 'A column of each type, for tests',
    kinds: ['trade'],
    key: ({ entityId }) => entityId,
    apply: (_, { state }) => (state['gone'] === true ? null : (state as unknown as Typed)),
    shown: z.object({}),
    filters: ['owner'],
    spreadBy: { member: 'owner', of: ownerOf },
    columns: {
      owner: 'text',
      textMember: 'text',
      decimalMember: 'decimal',
      integerMember: 'integer',
      booleanMember: 'boolean',
      instantMember: 'instant',
      dateMember: 'date',
      jsonMember: 'json',
    },
  })

const { owner: _owner, ...REST } = ODD
/** In the order of their columns. */
const TYPED: readonly JsonObject[] = [
  {
    owner: 'o0',
    textMember: 'Zoë \u{1F600} \u2028 "\\\'\n',
    decimalMember: '-99999999999999999999.999999999999999999',
    integerMember: Number.MAX_SAFE_INTEGER,
    booleanMember: true,
    instantMember: '1900-01-01T00:00:00.000001Z',
    dateMember: '2016-02-29',
    jsonMember: REST,
  },
  {
    owner: 'o0',
    textMember: '',
    decimalMember: '0.000000000000000001',
    integerMember: Number.MIN_SAFE_INTEGER,
    booleanMember: false,
    instantMember: '2199-12-31T23:59:59.999999Z',
    dateMember: '1900-01-01',
    jsonMember: [],
  },
  { owner: 'o0', decimalMember: '0', integerMember: 0, jsonMember: 'text' },
  { owner: 'o0', decimalMember: '12.5', jsonMember: 1.5 },
  { owner: 'o0' },
]

export interface ContractOptions {
  /** Why the tests are skipped. */
  readonly skip?: string | false
  /** The same store behind the port of a proxy, and which of its requests write. */
  readonly behind?: {
    readonly port: () => number
    readonly sink: (port: number) => Sink
    readonly isWrite: (request: Buffer) => boolean
  }
}

/** `sink` is asked for when a test runs; each test works on a view of its own. */
export function sinkContract(name: string, sink: () => Sink, { skip = false, behind }: ContractOptions = {}): void {
  describe(name, { skip }, () => sinkTests(name, sink, behind))
}

function sinkTests(name: string, sink: () => Sink, behind: ContractOptions['behind']): void {
  const expected = async (projection: Projection, records: readonly VersionRecord[]): Promise<readonly Kept[]> => {
    const documents = fold(projection, records, { documents: new Map(), memories: new Map() }).documents
    return [...documents.values()]
      .map(({ key, body, partition, position }) => ({ key, body, partition, position }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
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

  test(`${name}: a document comes back as it went in, whatever its members are called`, async () => {
    const projection = echo()
    const view = await sink().open(projection, 'live')
    const record = { ...version(0), state: ODD }
    await feedInto(view, projection, [record])
    const [kept] = await contents(view)
    assert.equal(JSON.stringify(sorted(kept?.body)), JSON.stringify(sorted(ODD)))
    assert.deepEqual((await view.load({ documents: [record.entityId], memories: [] })).documents.get(record.entityId), kept)
  })

  test(`${name}: what is in typed columns comes back as it went in, and what is not there does not`, async () => {
    const projection = typed()
    const view = await sink().open(projection, 'live')
    const made = TYPED.map((state, n) => ({ ...version(2 * n), state }))
    await feedInto(view, projection, made)
    const kept = await contents(view)
    assert.deepEqual(
      kept.map(({ body }) => JSON.stringify(sorted(body))),
      TYPED.map((state) => JSON.stringify(sorted(state))),
    )
    // All of them are there before, are other ones then, and one is no more.
    await feedInto(view, projection, [
      ...TYPED.toReversed().map((state, n) => ({ ...version(2 * n), position: TYPED.length + 1 + n, state })),
      { ...version(2), position: 2 * TYPED.length + 1, state: { gone: true } },
    ])
    assert.deepEqual(
      (await contents(view)).map(({ body }) => body && JSON.stringify(sorted(body))),
      TYPED.toReversed().map((state, n) => (n === 1 ? null : JSON.stringify(sorted(state)))),
    )
  })

  test(`${name}: killed between documents, memories and places, the same comes of it`, async () => {
    const nothing: Batch = { documents: new Map(), memories: new Map(), begins: new Map(), places: new Map() }
    const parts = [
      (batch: Batch) => ({ ...nothing, documents: batch.documents }),
      (batch: Batch) => ({ ...nothing, documents: batch.documents, memories: batch.memories }),
      // Some of them only.
      (batch: Batch) => ({ ...nothing, documents: new Map([...batch.documents].slice(0, 2)) }),
      (batch: Batch) => ({ ...batch, memories: new Map([...batch.memories].slice(3)), places: nothing.places }),
    ]
    const projection = fresh()
    const view = await sink().open(projection, 'live')
    let from = 0
    for (const [n, part] of [...parts, ...parts].entries()) {
      const records = versions(from, from + 7 + n)
      await view.write(part(await batchOf(view, projection, records)))
      assert.equal((await view.places()).get(0)?.position ?? 0, Math.ceil(from / 2))
      await feedInto(view, projection, records)
      from += records.length
    }
    assert.deepEqual(await contents(view), await expected(projection, versions(0, from)))
  })

  test(`${name}: a poisoned version stops its partition only, and is passed when it is skipped`, async () => {
    const poison = version(31)
    const sound = fresh()
    const projection: Projection = {
      ...sound,
      apply(document, record, before) {
        if (record.partition === poison.partition && record.position === poison.position) throw new Error('it is poison')
        return sound.apply(document, record, before)
      },
    }
    const view = await sink().open(projection, 'live')
    const { poisoned, places } = await advance(view, projection, versions(0, 60), () => Promise.resolve(false))
    assert.deepEqual(
      poisoned.map(({ record }) => [record.partition, record.position]),
      [[poison.partition, poison.position]],
    )
    assert.deepEqual([places.get(0)?.position, places.get(1)?.position], [30, poison.position - 1])
    assert.deepEqual(await view.places(), places)
    const isBefore = (record: VersionRecord): boolean => record.partition !== poison.partition || record.position < poison.position
    assert.deepEqual(await contents(view), await expected(sound, versions(0, 60).filter(isBefore)))
    await advance(view, projection, versions(0, 60), () => Promise.resolve(true))
    const others = versions(0, 60).filter((record) => record.position !== poison.position || record.partition !== poison.partition)
    assert.deepEqual(await contents(view), await expected(sound, others))
  })

  test(`${name}: ${MANY.toLocaleString('en')} versions take no more memory than a few`, { timeout: 600_000 }, async (t) => {
    const projection = fresh()
    const view = await sink().open(projection, 'live')
    const start = performance.now()
    let least = Infinity
    let most = 0
    const size = sink().pace?.batchVersions ?? BATCH_VERSIONS
    for (let from = 0; from < MANY; from += size) {
      await advance(view, projection, versions(from, from + size), () => Promise.resolve(false))
      if (from % Math.max(size, MANY / 10) !== 0 || from === 0) continue
      const bytes = heapBytes()
      least = Math.min(least, bytes)
      most = Math.max(most, bytes)
    }
    t.diagnostic(
      `heap ${Math.round(least / 1e6)} to ${Math.round(most / 1e6)} MB, ${Math.round(MANY / ((performance.now() - start) / 1_000))} versions/s`,
    )
    assert.ok(most - least < MAX_GROWTH_BYTES, `the heap grew from ${least} to ${most} bytes`)
    assert.equal((await view.places()).get(1)?.position, MANY / 2)
  })

  if (behind)
    test(`${name}: answers to writes are lost on their way back`, async () => {
      await using between = await proxy()
      between.forwardTo(behind.port())
      await using remote = behind.sink(between.port)
      const projection = fresh()
      const view = await remote.open(projection, 'live')
      for (let from = 0; from < 200; from += 20) {
        between.loseAnswers(1 + (from % 3), behind.isWrite)
        // As the runner does: again from what is known.
        for (let tries = 0; ; tries++)
          try {
            await feedInto(view, projection, versions(from, from + 20))
            break
          } catch (error) {
            if (tries === 10) throw error
          }
      }
      assert.ok(between.lost >= 10, `${between.lost} answers lost`)
      assert.deepEqual(await contents(view), await expected(projection, versions(0, 200)))
    })
}

const MANY = process.env['STRATA_TEST_LONG'] ? 100_000 : 20_000
const MAX_GROWTH_BYTES = 12_000_000

/** The order of members is not kept. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)])
}
