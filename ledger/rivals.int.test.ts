// Promises: several processes may write to one ledger. None loses a unit or doubles one, none starves, and what one refuses is refused on the newest state.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { testDatabase } from '../test/database.ts'
import { ownersOf, ticketOf } from './batch.testing.ts'
import { openLedger } from './index.ts'
import { partitionOfOwner } from './partition.ts'
import type { Told } from './rivals.testing.ts'
import { assertSound } from './sound.testing.ts'
import { accountOf, addNote, deposit, openAccount, openTicket, transfer } from './works.testing.ts'

const db = await testDatabase()
const ledger = await openLedger({ url: db.url })
after(async () => {
  await assertSound(ledger.database)
  await ledger.close()
  await db.drop()
})

const owners = (count: number, prefix: string) => ownersOf((owner) => partitionOfOwner(owner, ledger.partitions), count, prefix)
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)
const notes = async (id: string) => Number((await ledger.read.latest(id))?.state['noteCount'])
const balance = async (id: string) => Number((await ledger.read.latest(id))?.state['balance'])

async function startRival(name: string, count: number, spinMs: number, ids: readonly string[]): Promise<Told> {
  const program = new URL('./rivals.testing.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [program, db.url, name, String(count), String(spinMs), ...ids])
  return JSON.parse(stdout) as Told
}

test('processes that fight over hot tickets: nobody loses a note, nobody starves', async () => {
  const ids = owners(2, 'fight').map((owner) => ticketOf(owner, 'hot'))
  await Promise.all(ids.map((id) => ledger.append(openTicket(id))))
  const told = await Promise.all(['a', 'b', 'c'].map((name) => startRival(name, 150, 1, ids)))
  assert.deepEqual(
    told.flatMap(({ failed }) => failed),
    [],
  )
  assert.deepEqual(
    told.map(({ applied }) => applied),
    [150, 150, 150],
  )
  assert.equal(
    (await Promise.all(ids.map(notes))).reduce((a, b) => a + b),
    450,
  )
  assert.ok(
    told.some(({ lockedBatches }) => lockedBatches > 0),
    'nobody ever lost twice',
  )
  for (const { longestMs } of told) assert.ok(longestMs < 5_000, `one waited for ${longestMs} ms`)
})

test('processes that fight over money: sums are right, and so is every refusal', async () => {
  const ids = owners(3, 'money').map((owner) => accountOf(owner, 'hot'))
  for (const id of ids) {
    await ledger.append(openAccount(id))
    await ledger.append(deposit(id, '20'))
  }
  // Money goes round in a ring by 7; with 20 in each there is always somebody who can not pay.
  const told = await Promise.all(['a', 'b'].map((name) => startRival(name, 200, 1, ids)))
  assert.deepEqual(
    told.flatMap(({ failed }) => failed),
    [],
  )
  for (const { applied, refused } of told) assert.equal(applied + refused, 200)
  assert.equal(
    (await Promise.all(ids.map(balance))).reduce((a, b) => a + b),
    60,
  )
})

test('the same keys by two processes: each is applied by one of them, and the other gets that answer', async () => {
  const ids = owners(3, 'keys').map((owner) => ticketOf(owner, 'hot'))
  await Promise.all(ids.map((id) => ledger.append(openTicket(id))))
  const told = await Promise.all([startRival('shared', 120, 0, ids), startRival('shared', 120, 0, ids)])
  assert.deepEqual(
    told.flatMap(({ failed }) => failed),
    [],
  )
  assert.equal(
    told.reduce((sum, { applied }) => sum + applied, 0),
    120,
  )
  assert.equal(
    told.reduce((sum, { replayed }) => sum + replayed, 0),
    120,
  )
  assert.equal(
    (await Promise.all(ids.map(notes))).reduce((a, b) => a + b),
    120,
  )
})

test('a refusal, a no-op and an error that rest on what was in the cache are decided again on the newest state', async () => {
  const [one = '', two = ''] = owners(2, 'stale')
  const [a, b, unopened] = [accountOf(one, 'a'), accountOf(two, 'b'), ticketOf(one, 'late')]
  await using other = await openLedger({ url: db.url })
  for (const id of [a, b]) await ledger.append(openAccount(id))
  const known = (status: string, reason?: string) => (reply: { readonly status: string; readonly reason?: string }) =>
    assert.deepEqual([reply.status, reply.reason], [status, reason])
  known('refused', 'insufficient_funds')(await other.append(transfer(a, b, '5')))
  known('refused', 'not_found')(await other.append(addNote(unopened)))
  await ledger.append(deposit(a, '5'))
  await ledger.append(openTicket(unopened))
  known('refused', 'already_exists')(await other.append(openTicket(unopened)))
  known('applied')(await other.append(transfer(a, b, '5')))
  known('applied')(await other.append(addNote(unopened)))
  await ledger.append(addNote(unopened))
  const thrown = addNote(unopened, {
    decide(view) {
      const { version } = view.entity(unopened)
      throw new RangeError(`at version ${version}`)
    },
  })
  await assert.rejects(other.append(thrown), { name: 'RangeError', message: 'at version 3' })
})

test('opposite transfers by two processes never wait for each other in a circle', async () => {
  const [one = '', two = ''] = owners(2, 'opposite')
  const [a, b] = [accountOf(one, 'a'), accountOf(two, 'b')]
  for (const id of [a, b]) {
    await ledger.append(openAccount(id))
    await ledger.append(deposit(id, '1000'))
  }
  await using other = await openLedger({ url: db.url })
  const replies = await Promise.all(
    numbers(100).map((n) => (n % 2 ? ledger.append(transfer(a, b, '1')) : other.append(transfer(b, a, '1')))),
  )
  assert.ok(replies.every(({ status }) => status === 'applied'))
  assert.deepEqual([await balance(a), await balance(b)], [1000, 1000])
})
