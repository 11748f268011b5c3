// A ledger is damaged by a superuser, guards switched off, in each way; each is found, by name and place, and nothing else is.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { openDatabase, type Database } from '../ledger/database.ts'
import { openLedger, type Ledger } from '../ledger/index.ts'
import { partitionOf } from '../ledger/partition.ts'
import { accountOpened, amended, appendUnit, edited, moved, opened, submitted } from '../test/append-unit.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { verifyApart } from './verify-apart.ts'
import { verify, type Checked, type Difference, type Progress } from './verify.ts'

const T = 'trade:ann:T'
const E = 'ticket:ann:E'
const A = 'account:ann:A'
const B = 'account:bob:B'

let db: TestDatabase
let ledger: Ledger
let database: Database
let admin: pg.Client

before(async () => {
  db = await testDatabase()
  ledger = await openLedger({ url: db.url })
  database = openDatabase({ url: db.url, connections: 3, name: 'verify test' })
  admin = new pg.Client(db.adminUrl)
  await admin.connect()
  await admin.query('set session_replication_role = replica')
  await appendUnit(ledger, [accountOpened(A)])
  await appendUnit(ledger, [accountOpened(B)], { effectiveAt: '2026-01-01T00:00:00.000000Z' })
  await appendUnit(ledger, [submitted(T)])
  await appendUnit(ledger, [amended(T, { price: '2' })])
  await appendUnit(ledger, moved(A, B, '10'), { commandId: 'pay' })
  await appendUnit(ledger, [amended(T, { price: '3' }), amended(T, { price: '4' })])
  await appendUnit(ledger, [opened(E), edited(E, { priority: 'high' }), submitted('trade:ann:U'), edited(E, { priority: 'low' })], {
    commandId: 'four',
  })
  await appendUnit(ledger, moved(B, A, '3.5'))
  await appendUnit(ledger, [edited(E, { fields: { n: 1.5, s: 'x', __proto__: null, constructor: 'c' } })])
  await appendUnit(ledger, [amended(T, { price: '5' })])
  await appendUnit(ledger, [submitted('trade:cat:Z')])
  assert.notEqual(ledgerPartition(A), ledgerPartition(B))
  await admin.query('create table public.whole as table ledger.versions')
})
after(async () => {
  await admin?.end()
  await database?.end()
  await ledger?.close()
  await db?.drop()
})

const partitionsOf: Record<string, number> = {}
const ledgerPartition = (id: string): number => (partitionsOf[id] ??= partitionOf(id, ledger.partitions))

async function differences(entityId?: string): Promise<{ readonly found: readonly Difference[]; readonly checked: Checked }> {
  const found: Difference[] = []
  const checked = await verify(database, {
    partitions: ledger.partitions,
    entityId,
    onDifference: (difference) => void found.push(difference),
  })
  assert.equal(checked.differences, found.length)
  return { found, checked }
}

/** `state entity@version`; where only a place is told, `positions of entity@version` with what stood there before the damage. */
async function place({ check, entityId, version, partition, position }: Difference): Promise<string> {
  if (entityId !== undefined) return `${check} ${entityId}@${version}`
  const { rows } = await admin.query<{ what: string }>(
    "select entity_id || '@' || version as what from public.whole where partition = $1 and position = $2",
    [partition, position],
  )
  return rows[0] ? `${check} of ${rows[0].what}` : check
}

const places = (found: readonly Difference[]): Promise<readonly string[]> => Promise.all(found.map(place))

test('a whole ledger: everything counted, no difference', async () => {
  const { found, checked } = await differences()
  assert.deepEqual(found, [])
  assert.deepEqual(checked, { partitions: 16, entities: 6, versions: 17, commands: 11, postings: 4, differences: 0 })
  const one = await differences(A)
  assert.deepEqual([one.found, one.checked.entities, one.checked.versions], [[], 1, 3])
  assert.deepEqual((await differences('trade:ann:none')).checked.versions, 0)
})

const row = (id: string, version: number) => `entity_id = '${id}' and version = ${version}`
const set = (id: string, version: number, what: string) => `update ledger.versions set ${what} where ${row(id, version)}`
const remove = (id: string, version: number) => `delete from ledger.versions where ${row(id, version)}`
const copy = (id: string, version: number, changes: string) =>
  `insert into ledger.versions select (jsonb_populate_record(v, ${changes})).* from ledger.versions v where ${row(id, version)}`

interface Damage {
  readonly sql: string | readonly string[]
  readonly drop?: readonly string[]
  readonly found: readonly string[]
  readonly detail?: RegExp
}

const damages: Readonly<Record<string, Damage>> = {
  'a changed state': {
    sql: set(T, 3, `state = jsonb_set(state, '{price}', '"9"')`),
    found: [`state ${T}@3`],
    detail: /\/price is "9", its events give "3"/,
  },
  'the state of the newest': { sql: set(T, 5, `state = state - 'side'`), found: [`state ${T}@5`], detail: /\/side is nothing/ },
  'a member more': { sql: set(E, 2, `state = state || '{"more": null}'`), found: [`state ${E}@2`] },
  'a trailing zero': { sql: set(T, 3, `state = jsonb_set(state, '{price}', '"3.0"')`), found: [`state ${T}@3`] },
  'changed data': { sql: set(T, 2, `data = '{"counterparty": "x"}'`), found: [`state ${T}@2`] },
  'changed data that shows up to the end': {
    sql: set(T, 1, `data = jsonb_set(data, '{instrument}', '"IBM"')`),
    found: [`state ${T}@1`],
    detail: /up to version 5/,
  },
  'a changed event': { sql: set(T, 3, `event = 'TradeSettled'`), found: [`state ${T}@3`] },
  'an event that there is not': { sql: set(T, 3, `event = 'TradeLost'`), found: [`event ${T}@3`, `state ${T}@3`] },
  'data that no event can have': {
    sql: set(A, 2, `data = '{"amount": "1", "posting": "a lot"}'`),
    found: [`balance ${A}@2`, `postings ${A}@2`, `state ${A}@2`],
  },
  'data that can not be folded': { sql: set(T, 2, `data = '{"quantity": {}}'`), found: [`state ${T}@2`], detail: /can not be folded/ },
  'a shape of the future': { sql: set(T, 2, 'schema_version = 99'), found: [`state ${T}@2`], detail: /schema version 99/ },
  'a deleted version': { sql: remove(T, 2), found: [`positions of ${T}@2`, `versions ${T}@3`], detail: /version 2 is missing/ },
  'the first version deleted': { sql: remove(T, 1), found: [`positions of ${T}@1`, `versions ${T}@2`], detail: /version 1 is missing/ },
  'the last version deleted': { sql: remove(T, 5), found: [`latest ${T}@4`] },
  'the last version deleted, and more behind it': { sql: remove(E, 4), found: [`latest ${E}@3`, `positions of ${E}@4`] },
  'a whole entity deleted': {
    sql: `delete from ledger.versions where entity_id = '${B}'`,
    found: [`command ${A}@2`, `command ${A}@3`, `postings ${A}@2`],
  },
  'a version twice': {
    sql: copy('trade:cat:Z', 1, `'{"position": 2, "command_id": "again"}'`),
    drop: ['versions_pkey', 'versions_latest'],
    found: ['index', 'index', 'latest trade:cat:Z@1', 'versions trade:cat:Z@1'],
    detail: /version 1 is there twice/,
  },
  'two latest': { sql: set(T, 2, 'latest = true'), drop: ['versions_latest'], found: ['index', `latest ${T}@2`] },
  'no latest': { sql: set(T, 5, 'latest = false'), found: [`latest ${T}@5`] },
  'another latest': { sql: [set(T, 5, 'latest = false'), set(T, 4, 'latest = true')], found: [`latest ${T}@4`, `latest ${T}@5`] },
  'a gap in the positions': {
    sql: `update ledger.versions set position = position + 100 where entity_id = '${T}' and version = 5`,
    found: [`positions of ${T}@5`],
    detail: /are missing/,
  },
  'a gap at the beginning': {
    sql: set('trade:cat:Z', 1, 'position = 3'),
    found: ['positions of trade:cat:Z@1'],
    detail: /positions 1 to 2 are missing/,
  },
  'swapped positions': {
    sql: [
      `update ledger.versions set position = 1000 where ${row(T, 1)}`,
      set(T, 1, 'position = 1001'),
      `update ledger.versions set position = (select position from public.whole where ${row(T, 1)}) where ${row(T, 2)}`,
      `update ledger.versions set position = (select position from public.whole where ${row(T, 2)}) where ${row(T, 1)}`,
    ],
    found: [`positions ${T}@2`, `recorded_at ${T}@1`],
  },
  'a position twice': {
    sql: `update ledger.versions set position = position + 1 where ${row(T, 1)}`,
    drop: ['versions_position'],
    found: ['index', `positions of ${T}@1`, `positions ${T}@1`, `positions ${T}@2`, `recorded_at ${T}@1`],
  },
  'a command twice': {
    sql: set(T, 2, `command_id = (select command_id from public.whole where ${row(T, 1)})`),
    drop: ['versions_command_once'],
    found: ['index', `command ${T}@1`, `command ${T}@2`],
  },
  'a row of a command missing': {
    sql: remove(B, 2),
    found: [`command ${A}@2`, `positions of ${B}@2`, `postings ${A}@2`, `versions ${B}@3`],
  },
  'the first row of a command missing': {
    sql: remove(E, 1),
    found: [`command ${E}@2`, `command ${E}@3`, 'command trade:ann:U@1', `positions of ${E}@1`, `versions ${E}@2`],
  },
  'places of elsewhere': {
    sql: set(A, 2, 'command_places[2] = 1'),
    found: [`command ${A}@2`, `command ${B}@2`, `postings ${A}@2`, `recorded_at ${A}@2`],
  },
  'places that are nowhere': {
    sql: set(A, 2, 'command_places[1] = 9223372036854775807'),
    found: [`command ${A}@2`, `command ${B}@2`, `postings ${A}@2`],
  },
  'no places': { sql: set(A, 2, 'command_places = null'), found: [`command ${A}@2`, `command ${B}@2`, `postings ${A}@2`] },
  'places too many': {
    sql: set('trade:cat:Z', 1, 'command_places = array[0, 1]'),
    found: ['command trade:cat:Z@1', 'command trade:cat:Z@1'],
  },
  'a wrong size': { sql: set(B, 2, 'command_size = 3'), found: [`command ${A}@2`, `command ${B}@2`] },
  'a wrong size of the first': {
    sql: set(E, 1, 'command_size = 5'),
    found: [`command ${E}@1`, `command ${E}@1`, `command ${E}@2`, `command ${E}@3`, 'command trade:ann:U@1'],
  },
  'a wrong number': { sql: set(B, 2, 'command_seq = 2'), found: [`command ${A}@2`, `command ${B}@2`, `command ${B}@2`] },
  'no hash': { sql: set(T, 1, 'command_hash = null'), found: [`command ${T}@1`] },
  'a hash too many': { sql: set(B, 2, `command_hash = '\\x00'`), found: [`command ${B}@2`] },
  'a key of another': { sql: set(T, 1, `command_scope = 'bob'`), found: [`command ${T}@1`] },
  'a key renamed on one row': { sql: set(B, 2, `command_id = 'other'`), found: [`command ${A}@2`, `command ${B}@2`] },
  'a time that falls': {
    sql: set(T, 5, `recorded_at = recorded_at - interval '1 day'`),
    found: [`recorded_at ${T}@5`, `recorded_at ${T}@5`],
  },
  'a time that is ahead': { sql: set(A, 1, `recorded_at = '2100-01-01'`), found: [`recorded_at ${A}@2`, `recorded_at ${T}@1`] },
  'a time of its own in a command of two partitions': {
    sql: set(B, 2, `recorded_at = recorded_at + interval '1 microsecond'`),
    found: [`recorded_at ${A}@2`, `recorded_at ${B}@2`],
  },
  'the time of the unit before': {
    sql: set(B, 2, `recorded_at = (select recorded_at from public.whole where ${row(B, 1)})`),
    found: [`recorded_at ${A}@2`, `recorded_at ${B}@2`],
  },
  'rows of a command in another order': {
    sql: [
      set(E, 1, 'command_places = command_places[1:2] || command_places[5:6] || command_places[3:4]'),
      set(E, 2, 'command_seq = 1'),
      set('trade:ann:U', 1, 'command_seq = 3'),
      set(E, 3, 'command_seq = 2'),
    ],
    found: [`unit ${E}@1`],
  },
  'another partition': {
    sql: set('trade:cat:Z', 1, 'partition = (partition + 1) % 16, position = 500'),
    found: ['partition trade:cat:Z@1', 'positions'],
  },
  'a partition that there is not': { sql: set('trade:cat:Z', 1, 'partition = 300'), found: ['partition', 'partition trade:cat:Z@1'] },
  'another kind': { sql: set('trade:cat:Z', 1, `kind = 'ticket'`), found: ['kind trade:cat:Z@1'] },
  'an id that is none': { sql: set('trade:cat:Z', 1, `entity_id = 'trade:cat:'`), found: ['kind trade:cat:@1'] },
  'a kind that there is not': { sql: set('trade:cat:Z', 1, `entity_id = 'note:cat:Z', kind = 'note'`), found: ['kind note:cat:Z@1'] },
  'postings that are not zero': {
    sql: [set(A, 2, `data = jsonb_set(data, '{posting}', '"-9"')`)],
    found: [`balance ${A}@2`, `postings ${A}@2`, `state ${A}@2`],
  },
  'postings in two currencies': {
    sql: `update ledger.versions set state = jsonb_set(state, '{currency}', '"EUR"'), data = data || case version when 1 then '{"currency": "EUR"}' else '{}' end::jsonb where entity_id = '${B}'`,
    found: [`postings ${A}@2`, `postings ${B}@3`],
  },
  'a balance that moves by itself': {
    sql: set(B, 3, `state = state || '{"balance": "7", "available": "7"}'`),
    found: [`balance ${B}@3`, `state ${B}@3`],
  },
  'money before the opening': { sql: set(B, 2, `effective_at = '2025-12-31'`), found: [`opening ${B}@2`] },
}

const definitions = `
  select coalesce('alter table ledger.versions drop constraint ' || k.conname, 'drop index ledger.' || c.relname) as remove,
    coalesce('alter table ledger.versions add constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid), pg_get_indexdef(c.oid)) as put_back
  from pg_class c left join pg_constraint k on k.conindid = c.oid where c.oid = any ($1::regclass[])`

const repair = async () => {
  await admin.query('truncate ledger.versions')
  await admin.query('insert into ledger.versions select * from public.whole')
}

for (const [name, { sql, drop = [], found, detail }] of Object.entries(damages)) {
  test(`found: ${name}`, async () => {
    const names = drop.map((index) => `ledger.${index}`)
    const { rows: indexes } = await admin.query<{ remove: string; put_back: string }>(definitions, [names])
    assert.equal(indexes.length, drop.length)
    for (const { remove: gone } of indexes) await admin.query(gone)
    try {
      for (const statement of [sql].flat()) assert.ok(((await admin.query(statement)).rowCount ?? 0) > 0, statement)
      const told = (await differences()).found
      assert.deepEqual((await places(told)).toSorted(), [...found].toSorted(), JSON.stringify(told, null, 1))
      if (detail)
        assert.ok(
          told.some((difference) => detail.test(difference.detail)),
          JSON.stringify(told, null, 1),
        )
    } finally {
      await repair()
      for (const { put_back: back } of indexes) await admin.query(back)
    }
  })
}

test('one entity: what is wrong with it and its commands, and not with others', async () => {
  await admin.query(set(T, 3, `state = '{}'`))
  await admin.query(set(A, 2, 'command_hash = null'))
  assert.deepEqual(await places((await differences(T)).found), [`state ${T}@3`])
  assert.deepEqual(await places((await differences(A)).found), [`command ${A}@2`])
  assert.deepEqual((await differences(B)).found, [])
  await repair()
  assert.deepEqual((await differences()).found, [])
})

test('while writers write: no false alarm; the progress rises to the whole; a signal stops it', async () => {
  let writing = true
  const writers = Array.from({ length: 6 }, async (_, n) => {
    for (let m = 0; writing; m++) {
      await appendUnit(ledger, moved(n % 2 ? A : B, n % 2 ? B : A, '1'))
      await appendUnit(ledger, [edited(E, { priority: `${n}.${m}` }), submitted(`trade:w${n}:${m}`)])
    }
  })
  const progress: Progress[] = []
  for (const end = Date.now() + 3_000; Date.now() < end;) {
    progress.length = 0
    const found: Difference[] = []
    await verify(database, {
      partitions: ledger.partitions,
      onDifference: (difference) => void found.push(difference),
      onProgress: (now) => progress.push(now),
    })
    assert.deepEqual(found, [])
  }
  writing = false
  await Promise.all(writers)
  const last = progress.at(-1)
  assert.deepEqual([last?.versions, last?.secondsLeft], [last?.total, 0])
  assert.ok(progress.every(({ versions }, n) => versions >= (progress[n - 1]?.versions ?? 0)))
  const stop = new AbortController()
  const stopped = verify(database, {
    partitions: ledger.partitions,
    onDifference: () => {},
    onProgress: () => stop.abort(new Error('enough')),
    signal: stop.signal,
  })
  await assert.rejects(stopped, /enough/)
})

test('in a thread of its own: the same, one difference after the other; failures and signals come through', async () => {
  await admin.query("update ledger.versions set state = '{}' where entity_id = any ($1)", [[T, E]])
  await admin.query('update ledger.versions set command_hash = null where command_seq = 0')
  try {
    const { found, checked } = await differences()
    const apart: Difference[] = []
    const options = { url: db.url, partitions: ledger.partitions }
    let busy = 0
    const onDifference = async (difference: Difference): Promise<void> => {
      assert.equal(busy++, 0)
      await new Promise((next) => setTimeout(next, 1))
      busy--
      apart.push(difference)
    }
    assert.deepEqual(await verifyApart({ ...options, onDifference }), checked)
    const text = (difference: Difference) => JSON.stringify(difference, Object.keys(difference).toSorted())
    assert.deepEqual(apart.map(text).toSorted(), found.map(text).toSorted())
    assert.ok(apart.length > 10)
    await assert.rejects(
      verifyApart({
        ...options,
        onDifference: () => {
          throw new Error('no more')
        },
      }),
      /no more/,
    )
    await assert.rejects(verifyApart({ ...options, onDifference: () => {}, signal: AbortSignal.timeout(1) }), { name: 'TimeoutError' })
    await assert.rejects(verifyApart({ ...options, url: 'postgres://127.0.0.1:1/none', onDifference: () => {} }), { code: 'ECONNREFUSED' })
  } finally {
    await repair()
  }
})
