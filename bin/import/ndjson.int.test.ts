// An import of bulk lines: each applied once, in order, however often it is run, and whatever becomes of the database's connections meanwhile.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { openLedger } from '../../ledger/index.ts'
import { testDatabase } from '../../test/database.ts'
import { importNdjson } from './ndjson.ts'

const db = await testDatabase()
const ledger = await openLedger({ url: db.url })
const folder = await mkdtemp(join(tmpdir(), 'strata-ndjson-'))
after(async () => {
  await ledger.close()
  await db.drop()
  await rm(folder, { recursive: true, force: true })
})

async function fileOf(name: string, lines: readonly (object | string)[]): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'))
  return file
}

const versions = async (): Promise<unknown> =>
  (await ledger.database.query('select to_jsonb(v) as row from ledger.versions v order by partition, position')).rows
const deposit = (owner: string, amount: string) => ({ command: 'Deposit', entityId: `account:${owner}:USD`, data: { amount } })
const withdraw = (owner: string, amount: string) => ({ command: 'Withdraw', entityId: `account:${owner}:USD`, data: { amount } })
const open = (owner: string) => ({ command: 'OpenAccount', entityId: `account:${owner}:USD`, data: { currency: 'USD' } })

test('every line is applied, or told with its number and why; a rerun changes nothing', async () => {
  const file = await fileOf('mixed', [
    open('ann'),
    withdraw('ann', '5'), // refused now, and still when there is money
    '',
    deposit('ann', '10'),
    'no json',
    '[1]',
    { ...deposit('ann', '1'), command: 'Nonsense' },
    { ...deposit('ann', '1'), expectedVersion: 7 },
    { command: 'OpenTicket', entityId: 'ticket:ann', data: { subject: 'an id is made' } },
    { ...deposit('ann', '1'), commandId: 'my-own-key' },
    withdraw('ann', '500'),
  ])
  const { rejects, ...counts } = await importNdjson(ledger, file)
  assert.deepEqual(counts, { rows: 10, applied: 4, replayed: 0, rejected: 6 })
  assert.deepEqual(
    rejects.map(({ line }) => line),
    [2, 5, 6, 7, 8, 11],
  )
  assert.match(rejects[0]?.reason ?? '', /^insufficient_funds: /)
  assert.match(rejects[1]?.reason ?? '', /^the line is not valid JSON/)
  assert.match(rejects[2]?.reason ?? '', /^the line is not a JSON object/)
  assert.match(rejects[3]?.reason ?? '', /^invalid_request: \/command/)
  assert.match(rejects[4]?.reason ?? '', /^precondition_failed: /)

  const before = await versions()
  const again = await importNdjson(ledger, file)
  assert.deepEqual([again.rows, again.applied, again.replayed, again.rejected], [10, 0, 4, 6])
  assert.match(again.rejects[0]?.reason ?? '', /in a file of its own$/)
  assert.match(again.rejects[5]?.reason ?? '', /^insufficient_funds: /) // nothing of the file came after it
  assert.deepEqual(await versions(), before)
})

test('lines that touch the same entities take effect in their order, also when connections break', async () => {
  const owners = Array.from({ length: 8 }, (_, n) => `busy${n}`)
  const rounds = 400
  const lines = [
    ...owners.map(open),
    ...Array.from({ length: rounds }, (_, n) =>
      owners.flatMap((owner) => [deposit(owner, String(n + 1)), withdraw(owner, String(n + 1))]),
    ).flat(),
  ]
  // the versions that the file itself leads to: whatever is out of order is refused
  const at = new Map<string, number>()
  const file = await fileOf(
    'busy',
    lines.map((line) => {
      const expectedVersion = at.get(line.entityId) ?? 0
      at.set(line.entityId, expectedVersion + 1)
      return { ...line, expectedVersion }
    }),
  )
  const BREAKS = 10
  const breaker = (async () => {
    for (let n = 0; n < BREAKS; n++) {
      await sleep(100)
      await ledger.database.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'strata append' and datname = current_database()",
      )
    }
  })()
  let told = 0
  const result = await importNdjson(ledger, file, {}, ({ rows }) => (told = rows))
  await breaker
  assert.deepEqual(result.rejects, [])
  assert.equal(result.applied + result.replayed, lines.length)
  assert.equal(told, lines.length)
  for (const owner of owners) {
    const account = await ledger.read.latest(`account:${owner}:USD`)
    assert.deepEqual([account?.version, account?.state['balance']], [1 + 2 * rounds, '0'])
  }
})

test('interrupted, it says so, and the next run does the rest', async () => {
  const lines = [open('cut'), ...Array.from({ length: 5_000 }, () => deposit('cut', '1'))]
  const file = await fileOf('cut', lines)
  const controller = new AbortController()
  const first = await importNdjson(ledger, file, {}, ({ rows }) => rows > 0 && controller.abort(), controller.signal)
  assert.equal(first.stopped, 'interrupted')
  assert.ok(first.rows > 0 && first.rows < lines.length, `${first.rows}`)
  assert.equal((await ledger.read.latest('account:cut:USD'))?.version, first.applied)
  const second = await importNdjson(ledger, file)
  assert.deepEqual(second, { rows: lines.length, applied: lines.length - first.applied, replayed: first.applied, rejected: 0, rejects: [] })
})

test('a file that can not be read, or not to its end, is a sentence, and nothing of it is applied', async () => {
  await assert.rejects(importNdjson(ledger, join(folder, 'none')), /none can not be read: ENOENT/)
  const lines = [open('torn'), ...Array.from({ length: 50_000 }, (_, n) => deposit('torn', String(n + 1)))]
  const whole = gzipSync(lines.map((line) => JSON.stringify(line)).join('\n'))
  const file = join(folder, 'torn')
  await writeFile(file, whole.subarray(0, whole.length / 10))
  await assert.rejects(importNdjson(ledger, file), /torn can not be read: unexpected end of file/)
  assert.equal(await ledger.read.latest('account:torn:USD'), undefined)
})
