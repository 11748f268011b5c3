// Promises: what comes while a transaction is on is written in the next one, and what is wrong with one batch is that one's trouble.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Superseded } from '../sink.ts'
import { duckDbFile, type DuckDbFile } from './file.ts'
import { rowsOf } from './rows.ts'
import { together, type FileBatch } from './together.ts'

let folder: string
let file: DuckDbFile
let transactions = 0
let counted: DuckDbFile

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-together-'))
  file = duckDbFile({ path: join(folder, 'together.duckdb') })
  await file.write(async (connection) => {
    await connection.run('create table written (view varchar, n integer)')
    await connection.run("insert into _strata_slots select 'v' || range, 'live', 1, 'b' from range(10)")
  })
  counted = {
    ...file,
    write(work) {
      transactions++
      return file.write(work)
    },
  }
})
after(async () => {
  await file[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const RECORDED = '2026-01-02T00:00:00.000001Z'
const batch = (n: number, position: number, more: Partial<FileBatch> = {}): FileBatch => ({
  view: `v${n}`,
  slot: 'live',
  build: 'b',
  put: async (connection) => void (await connection.run('insert into written values ($1, $2)', [`v${n}`, position])),
  places: new Map([[0, { position, recordedAt: RECORDED }]]),
  ...more,
})
const broken = (n: number, position: number): FileBatch =>
  batch(n, position, {
    async put(connection) {
      await connection.run('insert into written values ($1, $2)', [`v${n}`, position])
      await connection.run('insert into nowhere values (1)')
    },
  })

const found = async (position: number): Promise<readonly unknown[]> =>
  file.read(async (connection) => [
    (await rowsOf(connection, 'select view from written where n = $1 order by view', [position])).flat(),
    (await rowsOf(connection, 'select view from _strata_places where "position" = $1 order by view', [position])).flat(),
  ])
const outcomes = async (all: readonly Promise<void>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(all)).map((one) => (one.status === 'fulfilled' ? 'written' : (one.reason as Error).constructor.name))

test('what comes while a transaction is on is one', async () => {
  const writes = together(counted)
  transactions = 0
  assert.deepEqual(await outcomes(Array.from({ length: 10 }, (_, n) => writes.write(batch(n, 1)))), Array(10).fill('written'))
  assert.equal(transactions, 2)
  const all = Array.from({ length: 10 }, (_, n) => `v${n}`)
  assert.deepEqual(await found(1), [all, all])
})

test('one that can not be written, or is of another build, is alone with that', async () => {
  const writes = together(counted)
  const ended = await outcomes(
    [batch(0, 2), batch(1, 2), broken(2, 2), batch(3, 2, { build: 'another' }), batch(4, 2)].map((one) => writes.write(one)),
  )
  assert.deepEqual(ended, ['written', 'written', 'Unavailable', Superseded.name, 'written'])
  assert.deepEqual(await found(2), [
    ['v0', 'v1', 'v4'],
    ['v0', 'v1', 'v4'],
  ])
  await assert.rejects(writes.write(broken(0, 3)))
  assert.deepEqual(await found(3), [[], []])
})

test('two of the same view: the place is that of the one that is further', async () => {
  const writes = together(counted)
  await outcomes([batch(9, 4), batch(5, 6), batch(5, 5), batch(5, 4, { places: new Map() })].map((one) => writes.write(one)))
  assert.deepEqual((await found(6))[1], ['v5'])
  assert.deepEqual((await found(5))[1], [])
})

test('who waits until all has settled does not wait for what comes later', { timeout: 20_000 }, async () => {
  const writes = together(counted)
  let goesOn = true
  // There is always one on its way.
  const writing = [0, 1, 2].map(async (n) => {
    for (let position = 10; goesOn; position++) await writes.write(batch(n, position))
  })
  await writes.settled()
  assert.deepEqual((await found(10))[0], ['v0', 'v1', 'v2'])
  goesOn = false
  await Promise.all(writing)
})
