// Promises: what was stored in an old shape is read, listed, folded and decided on in today's, whatever it was stored in; and nothing stored is changed.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { z } from 'zod'
import { testDatabase } from '../test/database.ts'
import { openLedger } from './index.ts'
import type { Kind, LedgerEvent } from './kind.ts'
import { shipKind } from './kinds.testing.ts'
import { fold } from './read.ts'
import { toRecord, type VersionRow } from './record.ts'
import { work } from './works.testing.ts'

// Version 1: a parcel has grams and a place. Version 2: the weight has a unit, and `ParcelMoved` is called `ParcelForwarded`. Version 3: places are a list.
interface Parcel1 {
  readonly owner: string
  readonly grams: number
  readonly place?: string
}
interface Parcel2 {
  readonly owner: string
  readonly weight: { readonly value: number; readonly unit: 'g' | 'kg' }
  readonly place?: string
}
interface Parcel3 extends Omit<Parcel2, 'place'> {
  readonly places: readonly string[]
}

const base = { kind: 'parcel', plural: 'parcels', events: {}, filters: [] as const }
const datum = <Data>({ data }: LedgerEvent): Data => data as Data

const parcel1: Kind<Parcel1> = {
  ...base,
  schemaVersion: 1,
  upcasters: {},
  state: z.custom<Parcel1>(),
  evolve: (parcel, event) => {
    if (parcel === undefined) return datum<Parcel1>(event)
    return event.event === 'ParcelMoved' ? { ...parcel, place: datum<{ to: string }>(event).to } : parcel
  },
}

const weighed = ({ grams, ...rest }: { readonly grams?: unknown }) => ({ ...rest, weight: { value: grams as number, unit: 'g' } })
const to2: Kind['upcasters'][number] = {
  event: ({ event, data }) =>
    event === 'ParcelMoved' ? { event: 'ParcelForwarded', data } : { event, data: event === 'ParcelPosted' ? weighed(data) : data },
  state: weighed,
}
const parcel2: Kind<Parcel2> = {
  ...base,
  schemaVersion: 2,
  upcasters: { 1: to2 },
  state: z.custom<Parcel2>(),
  evolve: (parcel, event) => {
    if (parcel === undefined) return datum<Parcel2>(event)
    return event.event === 'ParcelForwarded' ? { ...parcel, place: datum<{ to: string }>(event).to } : parcel
  },
}

// (Shapes have to be lifted without loss, or the states that are lifted are not those that the lifted events come to.)
const parcel3: Kind<Parcel3> = {
  ...base,
  schemaVersion: 3,
  upcasters: {
    1: to2,
    2: { state: ({ place, ...rest }) => ({ ...rest, places: place === undefined ? [] : [place] }) },
  },
  state: z.custom<Parcel3>(),
  evolve: (parcel, event) => {
    if (parcel === undefined) return { ...datum<Omit<Parcel3, 'places'>>(event), places: [] }
    return event.event === 'ParcelForwarded' ? { ...parcel, places: [datum<{ to: string }>(event).to] } : parcel
  },
}

const db = await testDatabase()
after(() => db.drop())

const id = 'parcel:alice:1'
const EARLY = '2020-01-01T00:00:00.000000Z'
const posted = (data: LedgerEvent['data']) => ({ entityId: id, event: 'ParcelPosted', data: { owner: 'alice', ...data } })
const moved = (event: string, to: string) => ({ entityId: id, event, data: { to } })
const open = () => openLedger({ url: db.url })

/** Folding the events up to each version comes to the state that is stored with it. */
async function assertVerifies(versions: number): Promise<void> {
  await using ledger = await open()
  const { rows } = await ledger.database.query<VersionRow>('select * from ledger.versions where entity_id = $1 order by version', [id])
  assert.equal(rows.length, versions)
  rows.forEach((row, n) => assert.deepEqual(fold(rows.slice(0, n + 1))?.state, toRecord(row).state, `version ${n + 1}`))
}
const stored = async () => {
  await using ledger = await open()
  return (await ledger.database.query('select * from ledger.versions order by partition, position')).rows
}

test('version 1 is stored, then version 2 is shipped: both are read, folded, verified and decided on', async () => {
  shipKind(parcel1)
  {
    await using ledger = await open()
    await ledger.append(work({ entities: [id], key: 'post', effectiveAt: EARLY, decide: () => [posted({ grams: 500 })] }))
    await ledger.append(work({ entities: [id], key: 'move', decide: () => [moved('ParcelMoved', 'Berlin')] }))
    await ledger.append(work({ entities: [id], effectiveAt: EARLY, decide: () => [moved('ParcelMoved', 'Bonn')] }))
    assert.deepEqual((await ledger.read.latest(id))?.state, { owner: 'alice', grams: 500, place: 'Bonn' })
  }
  await assertVerifies(3)
  const before = await stored()

  shipKind(parcel2)
  await assertVerifies(3)
  await using ledger = await open()
  const weight = { value: 500, unit: 'g' }
  const first = await ledger.read.version(id, 1)
  assert.deepEqual(
    [first?.event, first?.data, first?.state, first?.schemaVersion],
    ['ParcelPosted', { owner: 'alice', weight }, { owner: 'alice', weight }, 2],
  )
  const latest = await ledger.read.latest(id)
  assert.deepEqual(
    [latest?.event, latest?.data, latest?.state],
    ['ParcelForwarded', { to: 'Bonn' }, { owner: 'alice', weight, place: 'Bonn' }],
  )
  assert.deepEqual(
    (await ledger.read.history(id, 0, 10)).map(({ event }) => event),
    ['ParcelPosted', 'ParcelForwarded', 'ParcelForwarded'],
  )
  // Bonn was learned later and holds from earlier on: by effective time it is Berlin that came last.
  const { record } = await ledger.read.effective(id, { effectiveAsOf: '2199-01-01T00:00:00.000000Z' })
  assert.deepEqual(record?.state, { owner: 'alice', weight, place: 'Berlin' })
  assert.deepEqual((await ledger.read.asOf(id, latest?.recordedAt ?? ''))?.state, latest?.state)
  // A filter on what only the new shape has finds old rows, too.
  const question = { kind: 'parcel', owner: 'alice', limit: 10 }
  assert.equal((await ledger.list.latest({ ...question, filters: { place: 'Bonn' } })).items.length, 1)
  assert.equal((await ledger.list.asOf({ ...question, filters: { place: 'Berlin' } })).items.length, 0)
  const { versions } = await ledger.feed.read(ledger.feed.beginning, 10)
  assert.deepEqual(versions.map(({ event, schemaVersion }) => [event, schemaVersion]), [['ParcelPosted', 2], ['ParcelForwarded', 2], ['ParcelForwarded', 2]]) // prettier-ignore
  // A retry of an old command gets today's shapes; the next command is decided on them, and stored in them.
  const again = await ledger.append(work({ entities: [id], key: 'move', decide: () => 'never asked' }))
  assert.deepEqual([again.status, again.records[0]?.event], ['replayed', 'ParcelForwarded'])
  const seen: unknown[] = []
  await ledger.append(work({ entities: [id], decide: (view) => (seen.push(view.entity(id).state), [moved('ParcelForwarded', 'Ulm')]) }))
  assert.deepEqual(seen, [{ owner: 'alice', weight, place: 'Bonn' }])
  const after = await stored()
  assert.deepEqual(
    after.map((row: VersionRow) => row.schema_version),
    [1, 1, 1, 2],
  )
  assert.deepEqual(after.slice(0, 3), [...before.slice(0, 2), { ...before[2], latest: false }])
  await assertVerifies(4)
})

test('shapes are lifted over several versions', async () => {
  shipKind(parcel3)
  await using ledger = await open()
  const weight = { value: 500, unit: 'g' }
  assert.deepEqual((await ledger.read.version(id, 1))?.state, { owner: 'alice', weight, places: [] })
  assert.deepEqual((await ledger.read.latest(id))?.state, { owner: 'alice', weight, places: ['Ulm'] })
  await assertVerifies(4)
})

test('a program that is older than the ledger says so, and does not guess', async () => {
  shipKind(parcel1)
  await using ledger = await open()
  assert.deepEqual((await ledger.read.version(id, 1))?.state, { owner: 'alice', grams: 500 })
  await assert.rejects(
    ledger.read.latest(id),
    /a parcel is stored in schema version 2; this program knows 1: it is older than the ledger, upgrade it/,
  )
  await assert.rejects(ledger.append(work({ entities: [id], decide: () => [moved('ParcelMoved', 'Rom')] })), /it is older than the ledger/)
})

test('a kind that this program does not know is shown as it is stored', async () => {
  await using ledger = await open()
  const { rows } = await ledger.database.query<VersionRow>('select * from ledger.versions limit 1')
  const [row] = rows
  assert.ok(row)
  assert.deepEqual(toRecord({ ...row, kind: 'unheard', schema_version: 7 }).schemaVersion, 7)
})
