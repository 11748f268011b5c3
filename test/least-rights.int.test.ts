// The server, and those who only look, as logins that have no right but their role's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { feedRoutes } from '../projections/http.ts'
import { readRoutes } from '../replay/http.ts'
import { testDatabase } from './database.ts'
import { logins } from './logins.ts'
import { served } from './served.ts'
import { strata } from './strata.ts'

const forbidden = [
  "update ledger.versions set state = '{}'",
  'delete from ledger.versions',
  'truncate ledger.versions',
  'insert into ledger.partitions (partition) values (99)',
  "update ledger.partitions set settled_at = 'infinity'",
  "insert into ledger.kind_sql values ('x', 'y')",
  'create table ledger.x ()',
  'drop table ledger.versions',
  'alter table ledger.versions disable trigger all',
  'set session_replication_role = replica',
  'set role strata_append',
]

test('the whole server works as a member of strata_server, which can write nothing by itself', async () => {
  await using database = await testDatabase()
  const roles = logins(database)
  const url = await roles.url('strata_server')
  try {
    await using server = await served(url, { routes: [readRoutes, feedRoutes] })
    const id = 'account:ann:A'
    assert.equal((await server.post('/v1/accounts', { owner: 'ann', accountId: 'A', currency: 'USD' })).status, 201)
    const deposits = await server.bulk(Array.from({ length: 20 }, () => ({ command: 'Deposit', entityId: id, data: { amount: '1' } })))
    assert.deepEqual(new Set(deposits.lines.map(({ status }) => status)), new Set([200]))
    const time = encodeURIComponent(new Date(Date.now() - 1).toISOString())
    for (const path of [
      '/health/ready',
      '/health/live',
      '/metrics',
      '/v1/accounts',
      '/v1/accounts?owner=ann',
      `/v1/accounts?owner=ann&asOf=${time}`,
      `/v1/accounts?owner=ann&effectiveAsOf=${time}`,
      `/v1/entities/${id}`,
      `/v1/entities/${id}?asOf=${time}`,
      `/v1/entities/${id}?effectiveAsOf=${time}`,
      `/v1/entities/${id}/history`,
      `/v1/entities/${id}/diff?from=1&to=2`,
      '/v1/feed',
      '/v1/feed?partition=0',
    ])
      assert.equal((await server.call('GET', path)).status, 200, path)

    const leave = new AbortController()
    const live = { headers: { accept: 'text/event-stream' }, signal: leave.signal }
    const reader = (await fetch(`${server.url}/v1/feed?after=end`, live)).body?.getReader()
    await reader?.read()
    await server.post(`/v1/accounts/${id}/deposit`, { amount: '1' })
    let heard = ''
    while (!heard.includes('FundsDeposited')) heard += Buffer.from((await reader?.read())?.value ?? []).toString()
    leave.abort()

    const client = new pg.Client(url)
    await client.connect()
    for (const statement of forbidden)
      await assert.rejects(client.query(statement), (error) => error instanceof pg.DatabaseError && error.code === '42501', statement)
    await client.end()
  } finally {
    await roles.close()
  }
})

test('an auditor sees all and verifies it, and writes nothing', async () => {
  await using database = await testDatabase()
  const roles = logins(database)
  try {
    const owner = { STRATA_DATABASE_URL: database.url }
    assert.equal((await strata(['submit', 'OpenAccount', 'account:ann:A', '{"currency":"USD"}'], owner)).code, 0)
    assert.equal((await strata(['submit', 'Deposit', 'account:ann:A', '{"amount":"3"}'], owner)).code, 0)
    const auditor = { STRATA_DATABASE_URL: await roles.url('strata_auditor') }
    for (const args of [
      ['verify'],
      ['show', 'account:ann:A'],
      ['show', 'account:ann:A', '--as-of', new Date().toISOString()],
      ['history', 'account:ann:A'],
      ['diff', 'account:ann:A', '1', '2'],
      ['feed'],
    ]) {
      const { code, stderr } = await strata(args, auditor)
      assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
    }
    const { code, stderr } = await strata(['submit', 'Deposit', 'account:ann:A', '{"amount":"3"}'], auditor)
    assert.deepEqual([code, /permission denied|may not/.test(stderr)], [1, true], stderr)
  } finally {
    await roles.close()
  }
})
