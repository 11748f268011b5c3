// The commands on a ledger: what they print, for people and for programs, and how they end.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { testDatabase, type TestDatabase } from '../test/database.ts'
import { dataFolder, type Ended, type Server, server, strata } from '../test/strata.ts'

const TRADE = 'trade:alice:T-1'
const ORDER = JSON.stringify({ instrument: 'AAPL', side: 'buy', quantity: '10', price: '5', currency: 'USD' })

let database: TestDatabase
let api: Server
const run = (...args: string[]): Promise<Ended> => strata(args, { STRATA_DATABASE_URL: database.url })
const good = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(...args)
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
  return stdout
}
const json = async (...args: string[]): Promise<unknown> => JSON.parse(await good(...args, '--json'))
const lines = (text: string): readonly string[] => text.split('\n').filter(Boolean)
const http = async (path: string): Promise<unknown> => (await fetch(`${api.url}/v1${path}`)).json()

before(async () => {
  database = await testDatabase()
  api = await server({ STRATA_DATABASE_URL: database.url })
  await good('submit', 'SubmitTrade', TRADE, ORDER, '--key', 'first')
  await good('submit', 'AmendTrade', TRADE, '{"price":"6"}', '--actor', 'dora', '--effective-at', '2026-01-02T03:04:05+01:00')
})
after(async () => {
  await api[Symbol.asyncDispose]()
  await database.drop()
})

test('a submission prints its receipt, and again with its key the same one', async () => {
  const again = await run('submit', 'SubmitTrade', TRADE, ORDER, '--key', 'first', '--json')
  assert.equal(again.code, 0)
  assert.match(again.stderr, /replayed/)
  const receipt = JSON.parse(again.stdout) as { commandId: string; versions: readonly { version: number }[] }
  assert.equal(receipt.commandId, 'first')
  assert.equal(receipt.versions[0]?.version, 1)
  const other = await run('submit', 'SubmitTrade', TRADE, ORDER.replace('AAPL', 'MSFT'), '--key', 'first')
  assert.equal(other.code, 1)
  assert.match(other.stderr, /idempotency_key_reused/)
})

test('the same command over HTTP has the same key', async () => {
  const answer = await fetch(`${api.url}/v1/trades`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'first' },
    body: JSON.stringify({ owner: 'alice', tradeId: 'T-1', ...(JSON.parse(ORDER) as object) }),
  })
  assert.equal(answer.headers.get('idempotency-replayed'), 'true')
})

test('data from stdin, a made id, a dry run, no change', async () => {
  const made = await strata(['submit', 'OpenTicket', 'ticket:alice', '-'], { STRATA_DATABASE_URL: database.url }, '{"subject":"Late fill"}')
  assert.match(made.stdout, /ticket:alice:[0-9a-f-]{36} {2}v1 {2}TicketOpened/)
  const dry = (await json('submit', 'ReduceTrade', TRADE, '{"quantity":"1"}', '--dry-run')) as { dryRun: boolean }
  assert.equal(dry.dryRun, true)
  assert.match(await good('submit', 'AmendTrade', TRADE, '{"price":"6"}'), /^nothing changed$/m)
})

test('problems go to stderr, with a code that says what kind', async () => {
  const cases: readonly (readonly [number, RegExp, readonly string[]])[] = [
    [1, /decimal string/, ['submit', 'AmendTrade', TRADE, '{"price":7}']],
    [1, /quantity_exceeds_remaining/, ['submit', 'ReduceTrade', TRADE, '{"quantity":"99"}']],
    [1, /there is no trade:alice:none/, ['submit', 'CancelTrade', 'trade:alice:none']],
    [4, /at version 2, not 1/, ['submit', 'AmendTrade', TRADE, '{"price":"8"}', '--expected-version', '1']],
    [4, /exists already/, ['submit', 'SubmitTrade', TRADE, ORDER]],
    [2, /not valid JSON/, ['submit', 'AmendTrade', TRADE, '{"price":']],
    [2, /did you mean AmendTrade/, ['submit', 'AmendTrad', TRADE, '{}']],
    [1, /there is no trade:alice:none/, ['show', 'trade:alice:none']],
    [1, /there is no trade:alice:none/, ['history', 'trade:alice:none']],
    [1, /no version 9/, ['diff', TRADE, '1', '9']],
    [2, /in the future/, ['show', TRADE, '--as-of', '2199-01-01T00:00:00Z']],
    [2, /cursor/, ['feed', '--after', 'nonsense']],
  ]
  for (const [code, sentence, args] of cases) {
    const ended = await run(...args)
    assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
    assert.equal(ended.stdout, '')
    assert.match(ended.stderr, sentence)
    assert.doesNotMatch(ended.stderr, /\n\s+at /, 'no stack trace')
  }
})

test('with --json a problem is the document of HTTP, but for its instance', async () => {
  const { code, stderr } = await run('show', 'trade:alice:none', '--json')
  const { instance, ...answered } = (await http('/entities/trade:alice:none')) as { instance: string }
  assert.equal(code, 1)
  assert.deepEqual(JSON.parse(stderr), answered)
  assert.ok(instance)
})

test('show, history, diff and feed print with --json what HTTP answers', async () => {
  assert.deepEqual(await json('show', TRADE), await http(`/entities/${TRADE}`))
  assert.deepEqual(await json('show', TRADE, '--version', '1'), await http(`/entities/${TRADE}?version=1`))
  const effective = '2026-01-02T02:04:05Z'
  assert.deepEqual(
    ((await json('show', TRADE, '--effective-as-of', '2199-01-02T02:04:05Z')) as { state: unknown }).state,
    ((await http(`/entities/${TRADE}`)) as { state: unknown }).state,
  )
  assert.equal((await run('show', TRADE, '--effective-as-of', effective)).code, 1, 'not there yet')
  const { versions } = (await http(`/entities/${TRADE}/history`)) as { versions: readonly { recordedAt: string }[] }
  assert.deepEqual(
    lines(await good('history', TRADE, '--json')).map((line) => JSON.parse(line) as unknown),
    versions,
  )
  const at = versions[0]?.recordedAt ?? ''
  assert.deepEqual(await json('show', TRADE, '--as-of', at), await http(`/entities/${TRADE}?asOf=${at}`))
  assert.deepEqual(await json('diff', TRADE, at, '2'), await http(`/entities/${TRADE}/diff?from=${at}&to=2`))
  const feed = (await http('/feed?kinds=trade')) as { versions: readonly unknown[]; next: string }
  const printed = await run('feed', '--kinds', 'trade', '--json')
  assert.deepEqual(
    lines(printed.stdout).map((line) => JSON.parse(line) as unknown),
    feed.versions,
  )
  const cursor = /^next (\S+)$/m.exec(printed.stderr)?.[1] ?? ''
  assert.equal(await good('feed', '--after', cursor), '', 'nothing after the head')
})

test('for people: short lines, and no colour off a terminal', async () => {
  const shown = [await good('show', TRADE), await good('history', TRADE), await good('diff', TRADE, '1', '2'), await good('feed')].join(
    '\n',
  )
  for (const part of [
    /^version +2 \(latest\), TradeAmended$/m,
    /^ {2}price +6$/m,
    /^v2 .*TradeAmended {2}by dora/m,
    /^\/price {2}5 -> 6$/m,
  ])
    assert.match(shown, part)
  assert.ok(!shown.includes('\u001b'))
})

test('migrate, plan and doctor', async () => {
  assert.deepEqual(await json('migrate'), { steps: [], schemaVersion: 1, partitions: 16, applied: false })
  assert.match(await good('migrate', '--plan'), /nothing to do/)
  const other = await run('migrate', '--partitions', '3')
  assert.equal(other.code, 1)
  assert.match(other.stderr, /created with 16 partitions/)
  const doctor = await run('doctor', '--json')
  const { checks } = JSON.parse(doctor.stdout) as { checks: readonly { check: string; status: string }[] }
  const states = Object.fromEntries(checks.map(({ check, status }) => [check, status]))
  for (const check of ['database', 'ledger', 'roles', 'guards', 'clock', 'autovacuum']) assert.equal(states[check], 'ok', check)
})

test('import counts every row, and a second run changes nothing', async () => {
  await using folder = await dataFolder()
  const file = `${folder.dataDir}.ndjson`
  const rows = [
    { command: 'OpenTicket', entityId: 'ticket:z:1', data: { subject: 's' } },
    { command: 'AddNote', entityId: 'ticket:z:none', data: { text: 't' } },
  ]
  await writeFile(file, rows.map((row) => JSON.stringify(row)).join('\n'))
  for (const expected of [
    { rows: 2, applied: 1, replayed: 0, rejected: 1 },
    { rows: 2, applied: 0, replayed: 1, rejected: 1 },
  ]) {
    const { code, stdout, stderr } = await run('import', 'ndjson', file, '--json')
    const { rejects, ...counts } = JSON.parse(stdout) as { rejects: readonly { line: number }[] }
    assert.deepEqual([code, counts, rejects.map(({ line }) => line), stderr], [1, expected, [2], ''])
  }
  const missing = await run('import', 'ndjson', '/nowhere/x.ndjson')
  assert.equal(missing.code, 1)
  assert.match(missing.stderr, /\/nowhere\/x\.ndjson can not be read/)
})

test('verify ends with 0 on a sound ledger; with 3, naming it, where one is damaged; the doctor sees the guard that is off', async () => {
  const sound = (await json('verify')) as { checked: { versions: number }; differences: readonly unknown[] }
  assert.deepEqual(sound.differences, [])
  assert.ok(sound.checked.versions >= 2)
  assert.match(await good('verify', '--entity', TRADE), /no difference/)
  assert.equal((await run('verify', '--entity', 'trade:alice:none')).code, 1)

  const admin = new pg.Client({ connectionString: database.adminUrl })
  await admin.connect()
  await admin.query('alter table ledger.versions disable trigger append_only')
  await admin.query(`begin; alter table ledger.versions disable trigger all;
    update ledger.versions set state = state || '{"price":"7"}' where entity_id = '${TRADE}' and version = 2;
    alter table ledger.versions enable trigger all; alter table ledger.versions disable trigger append_only; commit`)
  await admin.end()
  const damaged = await run('verify', '--json')
  assert.equal(damaged.code, 3)
  const { differences } = JSON.parse(damaged.stdout) as { differences: readonly { check: string; entityId: string }[] }
  assert.deepEqual(
    differences.map(({ check, entityId }) => [check, entityId]),
    [['state', TRADE]],
  )
  const text = await run('verify', '--entity', TRADE)
  assert.equal(text.code, 3)
  assert.match(text.stdout, new RegExp(`^state: ${TRADE} v2`, 'm'))
  assert.equal(text.stderr, '', 'no bar off a terminal')
  const doctor = await run('doctor')
  assert.equal(doctor.code, 1)
  assert.match(doctor.stdout, /^fail +guards +trigger append_only on ledger\.versions is disabled\n +-> /m)
})
