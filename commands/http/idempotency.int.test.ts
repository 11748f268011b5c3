import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { served } from '../../test/served.ts'

const COPIES = 30

test('copies that race are applied once; so are later ones, after a restart, and by another server', async () => {
  await using database = await testDatabase()
  const headers = { 'idempotency-key': 'k' }
  let first: unknown
  {
    await using one = await served(database.url)
    await using two = await served(database.url)
    await one.post('/v1/accounts', { owner: 'ann', accountId: 'A', currency: 'USD' })
    const copies = Array.from({ length: COPIES }, (_, n) =>
      (n % 2 ? one : two).post(
        '/v1/accounts/account:ann:A/deposit',
        n % 3 ? { amount: '5', reference: 'r' } : { reference: 'r', amount: '5' },
        headers,
      ),
    )
    const answers = await Promise.all(copies)
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200], answers.find(({ status }) => status !== 200)?.text)
    assert.equal(answers.filter((answer) => answer.headers.get('idempotency-replayed') === null).length, 1)
    for (const { receipt } of answers) assert.deepEqual(receipt, answers[0]?.receipt)
    await one.post('/v1/accounts/account:ann:A/deposit', { amount: '1' })
    first = answers[0]?.receipt
  }
  await using later = await served(database.url)
  const again = await later.post('/v1/accounts/account:ann:A/deposit', { amount: '5', reference: 'r' }, headers)
  assert.deepEqual([again.status, again.headers.get('etag'), again.headers.get('idempotency-replayed')], [200, '"2"', 'true'])
  assert.deepEqual(again.receipt, first)
  const other = await later.post('/v1/accounts/account:ann:A/deposit', { amount: '6', reference: 'r' }, headers)
  assert.deepEqual([other.status, other.problem.code], [422, 'idempotency_key_reused'])
  assert.equal((await later.ledger.read.latest('account:ann:A'))?.state['balance'], '6')
})
