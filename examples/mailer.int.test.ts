// A mailer beside a server and a writer, killed at random, with a mail server whose answers get lost: one mail for each match, never two, never none.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { openLedger, type Ledger } from '../ledger/index.ts'
import { anySeed } from '../projections/consumer/stores/contract.testing.ts'
import { chanceOf, type Chance } from '../projections/consumer/world.testing.ts'
import { appendUnit, submitted } from '../test/append-unit.ts'
import { testDatabase } from '../test/database.ts'
import { startExample } from '../test/example.ts'
import { mailServer } from '../test/mail-server.ts'
import { testMongo } from '../test/mongo.ts'
import { sharedMongo } from '../test/services/shared.ts'
import { server } from '../test/strata.ts'

const { address, skip } = await sharedMongo()
const LONG = process.env['STRATA_TEST_LONG'] === '1'
const KILLS = LONG ? 60 : 8

/** Matches, some of them broken and made again: the commands that made them, as they come about. */
async function write(ledger: Ledger, matches: Set<string>, chance: Chance, signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    const [buy, sell] = [`trade:alice:${n}`, `trade:bob:${n}`] as const
    const both = (event: string, more = {}) => [
      { entityId: buy, event, data: { otherTradeId: sell, ...more } },
      { entityId: sell, event, data: { otherTradeId: buy, ...more } },
    ]
    const match = async (): Promise<void> => {
      const [first] = await appendUnit(ledger, both('TradeMatched'))
      matches.add(`match/${first?.commandScope}/${first?.commandId}`)
    }
    await appendUnit(ledger, [submitted(buy)])
    await appendUnit(ledger, [submitted(sell, { side: 'sell' })])
    await match()
    if (chance() < 0.3) {
      await appendUnit(ledger, both('MatchBroken', { reason: 'error' }))
      await match()
    }
    await sleep(chance() * 300)
  }
}

test('one mail for each match', { skip, timeout: 280_000 }, async (t) => {
  const seed = anySeed()
  t.diagnostic(`STRATA_TEST_SEED=${seed}`)
  const chance = chanceOf(seed)
  await using database = await testDatabase()
  await using ledger = await openLedger({ url: database.url })
  await using running = await server({ STRATA_DATABASE_URL: database.url })
  await using mongo = await testMongo(address)
  await using mails = await mailServer(chance)
  const mailer = { name: 'mailer', args: ['--url', running.url], env: { MAILER_MONGO_URL: mongo.url, MAIL_SERVER: mails.url } }
  const matches = new Set<string>()
  const stop = new AbortController()
  const writing = write(ledger, matches, chance, stop.signal)
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const before = mails.sent.size
      const { child, ended } = startExample(mailer)
      while (mails.sent.size === before && child.exitCode === null) await sleep(5)
      await sleep(chance() * 200)
      child.kill('SIGKILL')
      await ended
      assert.equal(child.signalCode, 'SIGKILL')
    }
    stop.abort()
    await writing
    const { child, ended } = startExample(mailer)
    const unsent = (): Promise<number> => mongo.db.collection('outbox').countDocuments({ sent: false })
    while ((mails.sent.size < matches.size || (await unsent()) > 0) && child.exitCode === null) await sleep(20)
    child.kill('SIGTERM')
    await ended
    assert.equal(child.exitCode, 0)
  } finally {
    stop.abort()
  }
  assert.deepEqual([...mails.sent.keys()].toSorted(), [...matches].toSorted())
  const again = [...mails.sent.values()].filter((times) => times > 1).length
  t.diagnostic(`${matches.size} matches, ${mails.sent.size} mails delivered, ${again} of them sent more than once; ${KILLS} kills`)
  // Else the server's memory of Message-IDs was not needed, and this test has not shown anything of it.
  assert.ok(again > 0)
})
