// Promises: the ledger's invariants (schema.sql) hold whoever connects. Each test tries to break one over plain connections, and sees it refused with an error that tells, and nothing changed.
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import type pg from 'pg'
import { testDatabase } from '../test/database.ts'
import { logins } from '../test/logins.ts'
import { append, AppendRefused, type Batch, type BatchVersion } from './append.ts'
import { batch, command, HASH, row } from './batch.testing.ts'
import type { Connection } from './database.ts'
import { ALICE, BOB, everything, fill, INSERT, TICKET_2 } from './invariants.testing.ts'
import { DEFAULT_PARTITIONS } from './migrate.ts'

const db = await testDatabase()
const people = logins(db)
await fill(db.url)

const superuser = await people.superuser()
const owner = await people.as()
const { rows: names } = await owner.query<{ name: string }>('select current_user as name')
await superuser.query(`
  grant usage on schema ledger to ${names[0]?.name}; alter table ledger.versions owner to ${names[0]?.name}; alter table ledger.partitions owner to ${names[0]?.name};
  alter table ledger.migrations owner to ${names[0]?.name}`)
const roles = {
  superuser,
  owner,
  server: await people.as('strata_server'),
  auditor: await people.as('strata_auditor'),
  nobody: await people.as(),
  append: await people.inRole('strata_append'),
} as const
type Role = keyof typeof roles

const before = await everything(superuser)
const ticket2 = (await superuser.query<{ row: Readonly<Record<string, unknown>> }>(TICKET_2)).rows[0]?.row ?? {}
afterEach(async () => assert.deepEqual(await everything(superuser), before))
after(async () => {
  await people.close()
  await db.drop()
})

interface Telling {
  readonly code: string
  readonly message: RegExp
}
const GUARD: Telling = { code: '42501', message: /on ledger\.\w+ is refused: the ledger is append-only/ }
const DENIED: Telling = { code: '42501', message: /permission denied for (table|schema|function)/ }
const NO_CHANGE: Telling = { code: '42501', message: /can not change: the ledger is append-only/ }
const unique = (constraint: string): Telling => ({ code: '23505', message: new RegExp(`unique constraint "${constraint}"`) })
const rule = (name: string): Telling => ({ code: '23514', message: new RegExp(`breaks ${name}$`) })

async function refused(role: Role, text: string, values: readonly unknown[], telling: Telling): Promise<void> {
  await assert.rejects(roles[role].query(text, [...values]), telling, `${role}: ${text}`)
}

/** Whoever may try at all is told by the guard; whoever has no right to is told that. */
async function refusedToAll(text: string, values: readonly unknown[] = []): Promise<void> {
  for (const role of ['superuser', 'owner'] as const) await refused(role, text, values, GUARD)
  for (const role of ['server', 'auditor', 'nobody'] as const) await refused(role, text, values, DENIED)
}

/** Even the role that writes is refused outside of append; and were that guard off, it would still be held to this. */
async function appendRoleRefused(text: string, values: readonly unknown[], telling: Telling): Promise<void> {
  await refused('append', text, values, GUARD)
  await superuser.query('begin; alter table ledger.versions disable trigger append_only; set local role strata_append')
  try {
    await refused('superuser', text, values, telling)
  } finally {
    await superuser.query('rollback')
  }
}

/** Nobody inserts; and a row like this not even append could. */
async function insertRefused(changes: Readonly<Record<string, unknown>>, telling: Telling): Promise<void> {
  const values = [JSON.stringify({ ...ticket2, version: 3, position: 1_000, latest: false, command_id: 'other', ...changes })]
  await refusedToAll(INSERT, values)
  await appendRoleRefused(INSERT, values, telling)
}

const appendAs = (role: Role, given: Batch, partitions = DEFAULT_PARTITIONS) =>
  append(roles[role] as pg.ClientBase as Connection, given, partitions)

/** What both that may call append are told. */
async function appendRefused(given: Batch, telling: Telling | ((error: AppendRefused) => void), partitions?: number): Promise<void> {
  for (const role of ['server', 'superuser'] as const) {
    const error: unknown = await appendAs(role, given, partitions).catch((failure: unknown) => failure)
    if (typeof telling !== 'function')
      assert.throws(() => { throw error }, telling, role) // prettier-ignore
    else if (error instanceof AppendRefused) telling(error)
    else assert.fail(`${role}: ${String(error)}`)
  }
}

const note = (changes: Partial<BatchVersion> = {}): BatchVersion => row({ entityId: ALICE.ticket, version: 3, ...changes })

test('only append, and what makes an as-of final, may be called; nobody is a member of the role that writes', async () => {
  const { rows } = await superuser.query(`
    select rolcanlogin, rolsuper, (select count(*)::integer from pg_auth_members where roleid = r.oid) as members from pg_roles r where rolname = 'strata_append'`)
  assert.deepEqual(rows, [{ rolcanlogin: false, rolsuper: false, members: 0 }])
  for (const role of ['auditor', 'nobody', 'owner'] as const) await assert.rejects(appendAs(role, batch([note()])), DENIED, role)
  for (const role of ['server', 'auditor', 'nobody', 'owner'] as const)
    await refused(role, 'set role strata_append', [], { code: '42501', message: /permission denied to set role/ })
  for (const role of ['auditor', 'nobody', 'owner'] as const) await refused(role, 'select ledger.lock($1)', ['{1}'], DENIED)
  await roles.auditor.query('select count(*) from ledger.versions')
})

test('a version is there once', async () => {
  await insertRefused({ version: 2 }, unique('versions_pkey'))
  for (const version of [1, 2])
    await appendRefused(batch([note({ version })]), ({ conflicts }) =>
      assert.deepEqual(conflicts, [{ unit: 0, entityId: ALICE.ticket, expected: version - 1, actual: 2 }]),
    )
  await appendRefused(batch([note(), note()]), ({ conflicts }) =>
    assert.deepEqual(conflicts, [{ unit: 0, entityId: ALICE.ticket, expected: 2, actual: 3 }]),
  )
})

test('one version of an entity is the latest', () => insertRefused({ latest: true }, unique('versions_latest')))

test('a new version is the old latest plus one: no gap', async () => {
  for (const version of [4, 1_000])
    await appendRefused(batch([note({ version })]), ({ conflicts }) =>
      assert.deepEqual(conflicts, [{ unit: 0, entityId: ALICE.ticket, expected: version - 1, actual: 2 }]),
    )
  await appendRefused(batch([row({ entityId: 'ticket:alice:new', version: 2 })]), ({ conflicts }) =>
    assert.deepEqual(conflicts, [{ unit: 0, entityId: 'ticket:alice:new', expected: 1, actual: 0 }]),
  )
  for (const version of [0, -1]) await insertRefused({ version }, rule('versions_from_one'))
  const gap = JSON.stringify({ ...ticket2, version: 4, position: 1_000, latest: false, command_id: 'other' })
  for (const role of ['superuser', 'owner', 'append'] as const) await refused(role, INSERT, [gap], GUARD)
})

test('a position is there once, and from 1', async () => {
  await insertRefused({ position: 2 }, unique('versions_position'))
  await insertRefused({ position: 0 }, rule('versions_from_one'))
})

test('a command is applied once', async () => {
  await insertRefused({ command_id: 'note' }, unique('versions_command_once'))
  await appendRefused(batch([note({ commandId: 'note' })]), ({ replays }) =>
    assert.deepEqual(replays, [{ unit: 0, scope: 'alice', id: 'note' }]),
  )
  await appendRefused(batch([note({ commandId: 'new' }), note({ version: 4, commandId: 'new' })]), unique('versions_command_once'))
})

test('no column of a version can be changed', async () => {
  const { rows: columns } = await superuser.query<{ name: string }>(
    `select column_name as name from information_schema.columns where table_schema = 'ledger' and table_name = 'versions'`,
  )
  assert.ok(columns.length >= 21)
  for (const { name } of columns) {
    const change = `update ledger.versions set ${name} = ${name} where entity_id = '${ALICE.ticket}'`
    await refusedToAll(change)
    if (name === 'latest') await appendRoleRefused(change, [], NO_CHANGE)
    else await refused('append', change, [], DENIED)
  }
})

test('of `latest`, the role that writes can only take it away', async () => {
  const set = (value: string, version: number, telling: Telling) =>
    appendRoleRefused(
      `update ledger.versions set latest = ${value} where entity_id = '${ALICE.ticket}' and version = ${version}`,
      [],
      telling,
    )
  await set('true', 1, unique('versions_latest'))
  await set('true', 2, NO_CHANGE)
  await set('false', 1, NO_CHANGE)
  await set('null', 2, { code: '23502', message: /null value in column "latest"/ })
})

test('nothing can be deleted, truncated, merged or copied into', async () => {
  for (const table of ['versions', 'partitions'])
    for (const statement of [
      `delete from ledger.${table}`,
      `delete from ledger.${table} where false`,
      `truncate ledger.${table}`,
      `truncate ledger.${table} cascade`,
    ]) {
      await refusedToAll(statement)
      await refused('append', statement, [], DENIED)
    }
  await refusedToAll('merge into ledger.versions v using (values (2)) n(version) on v.version = n.version when matched then delete')
  await refusedToAll(
    'merge into ledger.versions v using (values (2)) n(version) on v.version = n.version when matched then update set data = v.data',
  )
  await refusedToAll(`with gone as (delete from ledger.versions returning *) select count(*) from gone`)
  await refusedToAll(
    `insert into ledger.versions select * from ledger.versions on conflict (partition, entity_id, version) do update set state = '{}'`,
  )
  await refused('superuser', "copy ledger.versions from program 'true'", [], GUARD)
})

test('the partition is a function of the owner', async () => {
  const wrong = (Number(ticket2['partition']) + 1) % DEFAULT_PARTITIONS
  await insertRefused({ partition: wrong, version: 2, command_id: 'note' }, rule('versions_partition'))
  // A program that has the number of partitions wrong.
  await appendRefused(batch([row({ entityId: 'ticket:someone:new', version: 1 })]), rule('versions_partition'), 7)
})

test('an entity id is well-formed, and names the kind', async () => {
  const bad = ['ticket:alice', 'ticket:alice:', 'ticket::x', 'Ticket:alice:x', '1ticket:alice:x', 'ticket:alice:a b', 'ticket:alice:a/b', 'ticket:alice:x:y',
    `ticket:alice:${'x'.repeat(81)}`, `ticket:${'x'.repeat(65)}:x`, 'ticket:al ice:x', 'ticket:alice:x\n', 'ticket:alice:é', 'ticket:alice:..', 'ticket:.:x'] // prettier-ignore
  for (const entityId of bad)
    await appendRefused(
      batch([row({ entityId, version: 1, commandScope: entityId.split(':')[1] ?? '' })]),
      rule('versions_(entity_id|partition|command)'),
    )
  await insertRefused({ kind: 'note' }, rule('versions_entity_id'))
})

test('data and state are objects, and a version has a shape', async () => {
  for (const value of [[], 'text', 1, null]) {
    await appendRefused(batch([note({ data: JSON.stringify(value) })]), rule('versions_shape'))
    await appendRefused(batch([note({ state: JSON.stringify(value) })]), rule('versions_shape'))
  }
  await appendRefused(batch([note({ schemaVersion: 0 })]), rule('versions_from_one'))
})

test("a command is its owner's, and its first row alone tells its hash", async () => {
  await appendRefused(batch([note({ commandScope: 'bob' })]), rule('versions_command'))
  await appendRefused(batch([note({ commandHash: undefined })]), rule('versions_command'))
  const [first, second] = command([{ entityId: ALICE.ticket, version: 3 }, { entityId: ALICE.ticket, version: 4 }]) // prettier-ignore
  assert.ok(first && second)
  await appendRefused(batch([first, { ...second, commandHash: HASH }]), rule('versions_command'))
  await insertRefused({ command_places: [1, 2] }, rule('versions_command'))
  await insertRefused({ command_seq: 1, command_hash: null }, rule('versions_command'))
})

test('a batch is well-formed', async () => {
  const MALFORMED: Telling = {
    code: '22023',
    message: /the batch is not well-formed: units fall, or the versions of a command do not stand together/,
  }
  const [a, b] = command([{ entityId: ALICE.ticket, version: 3 }, { entityId: ALICE.ticket, version: 4 }]) // prettier-ignore
  assert.ok(a && b)
  const other = row({ entityId: 'ticket:alice:other', version: 1 })
  await appendRefused(batch([{ ...other, unit: 1 }, note()]), MALFORMED)
  await appendRefused(batch([note({ unit: -1 })]), MALFORMED)
  await appendRefused(batch([note({ unit: 100_001 })]), MALFORMED)
  await appendRefused(batch([a, other, b]), MALFORMED)
  await appendRefused(batch([a]), MALFORMED)
  await appendRefused(batch([{ ...b, version: 3 }]), MALFORMED)
  await appendRefused(batch([a, { ...b, unit: 1 }]), MALFORMED)
  await appendRefused(batch([a, { ...b, commandSize: 3 }]), MALFORMED)
  await appendRefused(batch([a, { ...b, commandId: 'another' }]), MALFORMED)
  await appendRefused(batch([note({ commandSize: 0 })]), MALFORMED)
  // Half a command, and a check without a version, or without an entity, must not pass as nothing.
  await assert.rejects(appendAs('server', { versions: [], checks: [{ unit: 0, entityId: ALICE.ticket, version: NaN }], keys: [] }))
})

// Money ----------------------------------------------------------------------------------------------------------------
interface Money {
  readonly balance: unknown
  readonly held?: unknown
  readonly available?: unknown
  readonly limit?: unknown
  readonly posting?: unknown
}
const account = (entityId: string, version: number, { posting, ...money }: Money, rest: Partial<BatchVersion> = {}) => ({
  entityId,
  version,
  event: 'FundsTransferred',
  data: JSON.stringify({ posting }),
  state: JSON.stringify({ currency: 'USD', held: '0', available: money.balance, limit: '0', ...money }),
  ...rest,
})
const of = (...versions: readonly Parameters<typeof row>[0][]): Batch => batch(command(versions))
const money = (name: string, message: RegExp): Telling & { readonly constraint: string } => ({ code: '23514', constraint: name, message })
// After the fixture: alice has 60 at version 3, bob 40 at version 2.
const bobGets = (posting: string, balance: string) => account(BOB.account, 3, { balance, posting })

test('money is in exact decimals, as strings', async () => {
  const decimals = money('account_decimals', /money must be a canonical decimal string/)
  for (const balance of [
    60,
    60.5,
    '60.50',
    '060',
    '1e3',
    '+60',
    '-0',
    '',
    'NaN',
    'Infinity',
    `1${'0'.repeat(20)}`,
    `0.${'0'.repeat(18)}1`,
    null,
    undefined,
  ])
    await appendRefused(of(account(ALICE.account, 4, { balance, available: '60' })), decimals)
  for (const field of ['held', 'available', 'limit'])
    for (const value of [0, '0.0', undefined])
      await appendRefused(of(account(ALICE.account, 4, { balance: '60', [field]: value })), decimals)
  await appendRefused(of(account(ALICE.account, 4, { balance: '60', posting: 0 })), decimals)
  const trade = { quantity: '1', executedQuantity: '0', remainingQuantity: '1', commission: '0', held: '0', price: '1.5' }
  for (const field of Object.keys(trade))
    for (const value of [1, '1.50'])
      await appendRefused(
        batch([row({ entityId: 'trade:alice:t', version: 1, state: JSON.stringify({ ...trade, [field]: value }) })]),
        money('trade_decimals', /must be canonical decimal strings/),
      )
  await appendRefused(
    batch([row({ entityId: 'trade:alice:t', version: 1, state: JSON.stringify({ ...trade, executedQuantity: '2' }) })]),
    money('trade_quantities', /more is executed or left than was ordered/),
  )
})

test('no balance is below its limit, and what is available is what is not held', async () => {
  await appendRefused(
    of(account(ALICE.account, 4, { balance: '-1', posting: '-61' }), bobGets('61', '101')),
    money('account_limit', /available -1 would be below the limit 0/),
  )
  await appendRefused(
    of(account(ALICE.account, 4, { balance: '60', held: '61', available: '-1' })),
    money('account_limit', /below the limit/),
  )
  await appendRefused(
    of(account(ALICE.account, 4, { balance: '60', held: '10' })),
    money('account_available', /available must be balance less held/),
  )
})

test('postings sum to zero, and a balance moves by its posting', async () => {
  const sums = money('account_postings', /postings in USD sum to -?\d+, not to zero/)
  await appendRefused(of(account(ALICE.account, 4, { balance: '50', posting: '-10' })), sums)
  await appendRefused(of(account(ALICE.account, 4, { balance: '50', posting: '-10' }), bobGets('11', '51')), sums)
  // Each command for itself, also where two of one batch would make up for each other.
  await appendRefused(batch([row(account(ALICE.account, 4, { balance: '50', posting: '-10' })), row(bobGets('10', '50'))]), sums)
  const moves = money('account_balance', /its balance does not move by its posting/)
  await appendRefused(of(account(ALICE.account, 4, { balance: '50', posting: '-10' }), bobGets('10', '51')), moves)
  await appendRefused(of(account(ALICE.account, 4, { balance: '61' })), moves)
  await appendRefused(of(account('account:alice:new', 1, { balance: '1' })), moves)
})

test('no money moves before its account was open', () =>
  appendRefused(
    of(account(ALICE.account, 4, { balance: '50', posting: '-10' }, { effectiveAt: '2020-01-01T00:00:00.000000Z' }), bobGets('10', '50')),
    money('account_effective_before_opening', /money would move before the account was opened/),
  ))

// Times and bookkeeping --------------------------------------------------------------------------------------------------
test('no partition is settled beyond the present, and none that is not there', async () => {
  for (const role of ['server', 'auditor', 'superuser'] as const) {
    await refused(role, `select ledger.settle(0, now() + interval '1 second')`, [], { code: 'ST002', message: /is in the future/ })
    await refused(role, `select ledger.settle(0, 'infinity')`, [], { code: 'ST002', message: /is in the future/ })
    await refused(role, `select ledger.settle(${DEFAULT_PARTITIONS}, now())`, [], { code: '22023', message: /there is no partition 16/ })
  }
})

test('partitions are not written to but by settle, and the record of migrations not by a server', async () => {
  await refusedToAll(`update ledger.partitions set settled_at = 'infinity'`)
  await refusedToAll('insert into ledger.partitions (partition) values (16)')
  await refused('append', 'update ledger.partitions set partition = partition', [], DENIED)
  await refused('append', 'insert into ledger.partitions (partition) values (16)', [], DENIED)
  for (const role of ['server', 'auditor', 'nobody', 'append'] as const)
    for (const table of ['migrations', 'kind_sql'])
      for (const statement of [
        `delete from ledger.${table}`,
        `truncate ledger.${table}`,
        `update ledger.${table} set applied_at = now()`,
        `insert into ledger.${table} select * from ledger.${table}`,
      ])
        await refused(role, statement, [], DENIED)
})

test('a server can not put functions or tables of its own in the way of append', async () => {
  for (const role of ['server', 'auditor'] as const) {
    await refused(role, 'create table ledger.mine ()', [], DENIED)
    await refused(
      role,
      'create or replace function ledger.partition_of(entity_id text) returns integer language sql as $$ select 0 $$',
      [],
      DENIED,
    )
    await refused(role, 'alter table ledger.versions disable trigger all', [], {
      code: '42501',
      message: /must be owner of table versions/,
    })
    await refused(role, `set session_replication_role = replica`, [], { code: '42501', message: /permission denied to set parameter/ })
  }
  await roles.server.query('create temp table partitions (partition integer, settled_at timestamptz)')
  await roles.server.query(
    `create function pg_temp.clock_timestamp() returns timestamptz language sql as $$ select timestamptz 'infinity' $$`,
  )
  await appendRefused(batch([note({ version: 1 })]), ({ conflicts }) => assert.equal(conflicts.length, 1))
})
