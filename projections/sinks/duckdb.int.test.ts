// Promises: the DuckDB sink keeps what every sink promises; what it is asked is of one instant, exact, and ended in time.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '../../ledger/failure.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { advance } from '../runner/advance.ts'
import { sinkContract, typed } from './contract.testing.ts'
import { counting, feedInto, version, versions } from './made-up.testing.ts'
import { duckdbSink } from './duckdb.ts'
import { TookTooLong, type Select } from './sink.ts'

const folder = await mkdtemp(join(tmpdir(), 'strata-duckdb-'))
const sink = duckdbSink({ path: join(folder, 'contract.duckdb') })
after(async () => {
  await sink[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

sinkContract('duckdb', () => sink)

const SOON = { timeoutMs: 10_000 }
const ask = (text: string, more: Partial<Select> = {}): Select => ({
  text,
  values: [],
  columns: { n: 'integer' },
  orderBy: '1',
  limit: 100,
  ...more,
})

test('what a column can not take stops its partition only, at the version that made it so', async () => {
  for (const [member, value] of [
    ['decimalMember', '0.0000000000000000001'],
    ['decimalMember', '100000000000000000000'],
    ['decimalMember', 1.5],
    ['integerMember', 2 ** 53],
    ['integerMember', 1.5],
    ['instantMember', '2026-01-02T00:00:00Z'],
    ['dateMember', '2026-13-01'],
    ['textMember', '\ud800'],
    ['booleanMember', 'true'],
    ['unknownMember', 'x'],
  ] as const) {
    const projection = typed()
    const view = await sink.open(projection, 'live')
    const page = versions(0, 10).map((record) => ({
      ...record,
      state: { owner: `o${record.partition}`, ...(record.partition === 1 && record.position === 4 && { [member]: value }) } as JsonObject,
    }))
    const { poisoned, places } = await advance(view, projection, page, () => Promise.resolve(false))
    assert.deepEqual(
      poisoned.map(({ record, message }) => [record.partition, record.position, message.includes(member)]),
      [[1, 4, true]],
    )
    assert.deepEqual([places.get(0)?.position, places.get(1)?.position], [5, 3])
  }
})

test('a member that would be called like a column of ours is refused', async () => {
  for (const member of ['key', '_gone', 'textMember', 'text_member'])
    await assert.rejects(
      async () => sink.open({ ...typed(), columns: { textMember: 'text', text_member: 'text', [member]: 'text' } }, 'live'),
      /two columns/,
    )
})

test('an answer has exact decimals, instants, whole numbers; nulls are left out, and last', async () => {
  const projection = typed()
  const view = await sink.open(projection, 'live')
  const states = [
    {
      textMember: 'a',
      decimalMember: '0.1',
      integerMember: 1,
      instantMember: '2026-01-02T03:04:05.000001Z',
      dateMember: '2026-01-02',
      jsonMember: { a: [1] },
    },
    { textMember: 'a', decimalMember: '0.2', booleanMember: true },
    { textMember: 'b', decimalMember: '99999999999999999999' },
  ]
  await feedInto(
    view,
    projection,
    states.map((state, n) => ({ ...version(2 * n), state: { owner: 'o0', ...state } })),
  )
  const all = {
    textMember: 'text',
    decimalMember: 'decimal',
    integerMember: 'integer',
    instantMember: 'instant',
    dateMember: 'date',
    booleanMember: 'boolean',
    jsonMember: 'json',
  } as const
  assert.deepEqual(
    await sink.select(
      ask(`select * from ${projection.name} where not _gone`, { columns: all, orderBy: 'integer_member, decimal_member' }),
      SOON,
    ),
    states,
  )
  const sums = ask(
    `select text_member, sum(decimal_member) as total, count(*) as versions, max(instant_member) as last_at from ${projection.name} where text_member <> ? group by text_member`,
    {
      values: ['x'],
      columns: { textMember: 'text', total: 'decimal', versions: 'integer', lastAt: 'instant' },
      orderBy: 'last_at desc, text_member',
      limit: 1,
    },
  )
  // Nulls are the greatest, as in PostgreSQL and Snowflake.
  assert.deepEqual(await sink.select(sums, SOON), [{ textMember: 'b', total: '99999999999999999999', versions: 1 }])
  assert.deepEqual(await sink.select({ ...sums, orderBy: 'text_member' }, SOON), [
    { textMember: 'a', total: '0.3', versions: 2, lastAt: '2026-01-02T03:04:05.000001Z' },
  ])
  const values = ['text', 7, 1.5, true, null]
  const columns = { a: 'text', b: 'integer', c: 'decimal', d: 'boolean', e: 'text' } as const
  assert.deepEqual(await sink.select(ask('select ? as a, ? as b, ? as c, ? as d, ? as e', { values, columns }), SOON), [
    { a: 'text', b: 7, c: '1.5', d: true },
  ])
})

test('questions change nothing, and reach nothing but the file', async () => {
  const projection = counting(`asked_${process.pid}`)
  await feedInto(await sink.open(projection, 'live'), projection, versions(0, 20))
  const { name } = projection
  for (const text of [
    `select 1 as n) limit 1; drop table ${name}; select * from (select 1 as n`,
    `drop table ${name}`,
    `delete from ${name} returning 1 as n`,
    `select * from read_csv('/etc/passwd')`,
    `select 1 as n from '/etc/passwd'`,
    `attach '${join(folder, 'other.duckdb')}'`,
    `copy ${name} to '${join(folder, 'copied.csv')}'`,
    `install httpfs`,
    `set threads = 1`,
  ])
    await assert.rejects(sink.select(ask(text), SOON), text)
  assert.equal((await sink.select(ask(`select count(*) as n from ${name}`), SOON))[0]?.['n'], 6)
  await assert.rejects(
    sink.select(ask('select 1 as n from not_there'), SOON),
    (error) => error instanceof Unavailable && /not_there/.test(error.message),
  )
})

test('one that takes too long is ended, as is one that nobody waits for any more; those behind it have their turn', async () => {
  const endless = ask('select count(*) as n from range(100000000000) a, range(1000) b')
  const started = performance.now()
  const quick = ask('select 1 as n')
  const all = await Promise.allSettled([
    ...[1, 2, 3, 4].map(() => sink.select(endless, { timeoutMs: 300 })),
    sink.select(endless, { timeoutMs: 60_000, signal: AbortSignal.timeout(300) }),
    sink.select(quick, SOON),
  ])
  assert.ok(performance.now() - started < 5_000)
  assert.deepEqual(
    all.map((one) => (one.status === 'rejected' ? (one.reason as Error).name : one.value)),
    ['TookTooLong', 'TookTooLong', 'TookTooLong', 'TookTooLong', 'TimeoutError', [{ n: 1 }]],
  )
  assert.ok(all[0]?.status === 'rejected' && all[0].reason instanceof TookTooLong)
})

test('an answer is of one instant, while batches are written', async () => {
  const projection = counting(`instants_${process.pid}`)
  const view = await sink.open(projection, 'live')
  let writing = true
  const writer = (async () => {
    for (let from = 0; from < 2_000; from += 20) await feedInto(view, projection, versions(from, from + 20))
    writing = false
  })()
  // A batch counts twenty versions, ten in each partition; every seventh of a document leaves none.
  const seen = ask(
    `select (select max("position") from _strata_places where view = '${projection.name}') as n, (select max(_position) from ${projection.name}) as m, (select count(*) from ${projection.name}__memory) as k`,
    { columns: { n: 'integer', m: 'integer', k: 'integer' } },
  )
  let looks = 0
  for (; writing; looks++) {
    const [row] = await sink.select(seen, SOON)
    assert.equal(row?.['n'], row?.['m'])
    await sleep(1)
  }
  await writer
  assert.ok(looks > 10)
})

test('what is written again and again does not make the file grow without end', async () => {
  const { stat } = await import('node:fs/promises')
  const path = join(folder, 'grows.duckdb')
  const projection = counting('grows')
  const sizes: number[] = []
  for (let round = 0; round < 4; round++) {
    // Closed, all is in the file.
    await using again = duckdbSink({ path })
    const view = await again.open(projection, 'live')
    for (let from = 0; from < 20_000; from += 1_000)
      await feedInto(view, projection, versions(round * 20_000 + from, round * 20_000 + from + 1_000))
    await again[Symbol.asyncDispose]()
    sizes.push((await stat(path)).size)
  }
  assert.ok((sizes.at(-1) ?? 0) < 2 * (sizes[0] ?? 0), sizes.join())
})
