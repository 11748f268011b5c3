// Killed at random instants under load, again and again, the server, PostgreSQL or both: every acknowledged version is there once, no unit is there in part, what was unsure is settled by asking
// again with its key, the books balance, and verify finds nothing. ROUNDS=1000: the long form. SEED: the same instants and choices again, as far as the machine lets.
import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startEmbeddedPostgres } from '../../ledger/embedded-postgres.ts'
import { openLedger } from '../../ledger/index.ts'
import { verify } from '../../replay/verify.ts'
import { ASK_AGAIN_MS, checkFeed, nothingSeen, RECOVERED_WITHIN_MS } from './check.ts'
import { accountOf, load, newBook, owners, send, type Book, type Line } from './load.ts'
import { pick, random } from './random.ts'
import { killPostgres, startServer, type Server } from './server.ts'

const rounds = Number(process.env['ROUNDS'] ?? 25)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)
const LOAD_MS = { least: 200, most: 1_200 }
console.log(`# SEED=${seed} ROUNDS=${rounds}`)

type Target = 'server' | 'postgres' | 'both'

test(`${rounds} times killed under load`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'strata-kill-'))
  await chmod(folder, 0o755)
  const dataDir = join(folder, 'data')
  let server = await startServer(dataDir)
  t.after(async () => {
    server.signal('SIGKILL')
    await server.ended
    await (await startEmbeddedPostgres({ dataDir })).stop()
    await rm(folder, { recursive: true, force: true })
  })

  const chance = random(seed)
  const seen = nothingSeen()
  const totals = { acknowledged: 0, unsure: 0, refused: 0, kills: { server: 0, postgres: 0, both: 0 } }
  let serial = 0
  const nextKey = (): string => `k${serial++}`

  for (let round = 0; round < rounds; round++) {
    const book = newBook()
    if (round === 0) await send(server.url, { lines: owners.map((owner) => openLine(owner, nextKey())), atomic: false }, book)
    let running = true
    const loading = load({ server, book, chance, nextKey, running: () => running })
    await sleep(LOAD_MS.least + chance() * (LOAD_MS.most - LOAD_MS.least))
    const target = pick<Target>(chance, ['server', 'postgres', 'both'])
    totals.kills[target]++
    if (target !== 'server') await killPostgres(dataDir)
    if (target !== 'postgres') {
      server.signal('SIGKILL')
      await server.ended
    } else await sleep(chance() * 100)
    running = false
    await loading
    if (target !== 'postgres') server = await startServer(dataDir)
    totals.unsure += await settle(server, book)
    await checkFeed(server.url, seen, book)
    totals.acknowledged += book.acknowledged.size
    totals.refused += book.refused
    if ((round + 1) % 100 === 0) console.log(`# ${round + 1} rounds: ${JSON.stringify(totals)}`)
  }

  server.signal('SIGTERM')
  assert.equal(await server.ended, 0, server.log())
  const versions = await verified(dataDir)
  assert.equal(
    versions,
    [...seen.heads.values()].reduce((sum, head) => sum + head, 0),
  )
  console.log(`# ${JSON.stringify({ ...totals, commands: seen.commands, versions })}`)
})

const openLine = (owner: string, commandId: string): Line => ({
  command: 'OpenAccount',
  entityId: accountOf(owner),
  commandId,
  data: { currency: 'USD', limit: '-1000000' },
})

/** Asks again, with the same keys, until each is decided. Answers how many sendings that were. */
async function settle(server: Server, book: Book): Promise<number> {
  const unsure = [...book.unsure]
  const deadline = Date.now() + RECOVERED_WITHIN_MS
  for (const sending of unsure) {
    while (!(await send(server.url, sending, book))) {
      assert.ok(Date.now() < deadline, `the server does not come back:\n${server.log()}`)
      await sleep(ASK_AGAIN_MS)
    }
    book.unsure.delete(sending)
  }
  return unsure.length
}

/** The whole ledger, and the books. Answers its number of versions. */
async function verified(dataDir: string): Promise<number> {
  await using postgres = await startEmbeddedPostgres({ dataDir })
  await using ledger = await openLedger({ url: postgres.url })
  const differences: unknown[] = []
  const checked = await verify(ledger.database, {
    partitions: ledger.partitions,
    onDifference: (difference) => void differences.push(difference),
  })
  assert.deepEqual(differences, [])
  const { rows } = await ledger.database.query<{ currency: string; total: string }>('select currency, total from ledger.trial_balance')
  assert.deepEqual(
    rows.map(({ currency, total }) => [currency, Number(total)]),
    [['USD', 0]],
  )
  return checked.versions
}
