// Trades against accounts in opposite orders, from two processes' worth of ledgers at once: no deadlock, nobody starves, no money made. ROUNDS: how often each hand goes (50).
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openLedger } from '../../ledger/index.ts'
import { testDatabase } from '../../test/database.ts'
import { failed, type Answer } from './answer.ts'
import { isProblem, parseLine, type Submission } from './parse.ts'
import { submitter } from './submitter.ts'

const rounds = Number(process.env['ROUNDS'] ?? 50)
const owners = ['ann', 'ben', 'cid', 'dot'] as const
const accountOf = (owner: string): string => `account:${owner}:A`

const database = await testDatabase()
const ledgers = [await openLedger({ url: database.url }), await openLedger({ url: database.url })]
after(async () => {
  for (const ledger of ledgers) await ledger.close()
  await database.drop()
})

function parsed(command: string, entityId: string, data: object): Submission {
  const submission = parseLine({ command, entityId, data }, { actor: 'test' }, 100)
  if (isProblem(submission)) throw new Error(submission.detail)
  return submission
}

const trade = (owner: string, name: string): Submission =>
  parsed('SubmitTrade', `trade:${owner}:${name}`, {
    instrument: 'X',
    side: 'buy',
    quantity: '2',
    price: '1.5',
    currency: 'USD',
    fundingAccountId: accountOf(owner),
  })
const fill = (owner: string, name: string): Submission =>
  parsed('RecordExecution', `trade:${owner}:${name}`, { executionId: 'e', quantity: '1', price: '1.25' })
const transfer = (from: string, to: string): Submission =>
  parsed('TransferFunds', accountOf(from), { toAccountId: accountOf(to), amount: '0.5' })

test('trades and transfers over the same accounts in opposite orders', { timeout: 120_000 }, async () => {
  const [first] = ledgers.map((ledger) => submitter(ledger))
  for (const owner of owners) {
    const opened = await first?.submit(parsed('OpenAccount', accountOf(owner), { currency: 'USD', limit: null }))
    assert.ok(opened && !failed(opened))
  }
  const answers: Answer[] = []
  const hands = ledgers.flatMap((ledger, process) =>
    owners.map(async (owner, n) => {
      const commands = submitter(ledger)
      const other = owners[(n + 1) % owners.length] ?? owner
      // One process goes from the owner to the other, the other one back; each as one unit.
      const [from, to] = process === 0 ? [owner, other] : [other, owner]
      for (let round = 0; round < rounds; round++) {
        const name = `T${process}-${n}-${round}`
        const unit = [
          trade(from, name),
          transfer(from, to),
          trade(to, `${name}b`),
          fill(from, name),
          transfer(to, from),
          fill(to, `${name}b`),
        ]
        answers.push(...(await commands.submitAtomic(unit)))
      }
    }),
  )
  await Promise.all(hands)
  assert.deepEqual(answers.filter(failed).slice(0, 3), [])
  assert.equal(answers.length, 2 * owners.length * rounds * 6)
  const { rows } = await ledgers[0]!.database.query<{ total: string }>('select total from ledger.trial_balance')
  assert.deepEqual(
    rows.map(({ total }) => Number(total)),
    [0],
  )
  for (const owner of owners) {
    const state = (await ledgers[0]!.read.latest(accountOf(owner)))?.state
    // Each owner has, of each process, twice a trade per round: one of two filled at 1.25, the other 1.5 held; the transfers even out.
    assert.deepEqual([state?.['balance'], state?.['held']], [String(-1.25 * 4 * rounds), String(1.5 * 4 * rounds)])
  }
})
