// Promises: a broker that loses answers, is killed or is away costs time, and duplicates at most; no version.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafka } from '../../../scripts/services/kafka.ts'
import type { Service } from '../../../scripts/services/service.ts'
import { openLedger } from '../../../ledger/index.ts'
import type { VersionRecord } from '../../../ledger/record.ts'
import { amended, appendUnit, opened, submitted } from '../../../test/append-unit.ts'
import { testDatabase } from '../../../test/database.ts'
import { proxy } from '../../../test/services/proxy.ts'
import { missing } from '../../../test/services/shared.ts'
import { committed } from '../../../test/services/topics.ts'
import { feedOf, inState } from '../../runner/projected.testing.ts'
import { projector } from '../../runner/projector.ts'
import type { Target } from '../../runner/target.ts'
import { all, assertIs, made, PARTITIONS } from './made.testing.ts'
import { kafkaRelay } from './relay.ts'

/** A broker of its own: it is killed. */
const between = await proxy()
let broker: Service | undefined
let skip: string | false = false
try {
  broker = await kafka.start({ proxied: between })
} catch (error) {
  skip = missing(kafka.name, error)
}
const brokers = broker?.address ?? ''
after(async () => {
  await broker?.[Symbol.asyncDispose]()
  await between[Symbol.asyncDispose]()
})

const PRODUCE = 0
const END_TRANSACTION = 26
const isOf =
  (...apiKeys: readonly number[]) =>
  (request: Buffer): boolean =>
    request.length > 6 && apiKeys.includes(request.readInt16BE(4))

/** As a run does: after trouble, from where Kafka says that it is. */
async function publishAll(
  target: Target,
  records: readonly VersionRecord[],
  page: number,
  before: (page: number) => void,
): Promise<number> {
  for (let troubles = 0, n = 0; ; troubles++)
    try {
      const places = await target.places(all)
      const isLeft = ({ partition, position }: VersionRecord): boolean => position > (places.get(partition)?.position ?? 0)
      for (let left = records.filter(isLeft); left.length > 0; left = left.slice(page)) {
        before(n++)
        await target.apply(left.slice(0, page))
      }
      return troubles
    } catch (error) {
      if (troubles === 40) throw error
    }
}

for (const [what, isSuch] of [
  ['messages', isOf(PRODUCE)],
  ['the ends of transactions', isOf(END_TRANSACTION)],
] as const)
  test(`answers to ${what} are lost on their way back`, { skip }, async (t) => {
    const prefix = `lost-${what.length}`
    await using relay = kafkaRelay({ brokers: [`127.0.0.1:${between.port}`], prefix })
    const target = await relay.open(PARTITIONS, () => Promise.resolve(false))
    const records = made(400)
    const lostBefore = between.lost
    const troubles = await publishAll(target, records, 50, (n) => n % 2 === 1 && n < 12 && between.loseAnswers(2, isSuch))
    between.loseAnswers(0, () => false)
    const lost = between.lost - lostBefore
    assert.ok(lost >= 6, `${lost} answers lost`)
    const found = await committed(brokers, prefix)
    t.diagnostic(`${lost} answers lost, ${troubles} times from the last place, ${found.length - records.length} duplicates`)
    assertIs(found, records)
  })

const RUN = { sink: 'kafka', view: 'feed' }

test(
  'the broker is killed under load, away for a while, and back: it says so, and the topics are the ledger',
  { skip, timeout: 200_000 },
  async (t) => {
    await using db = await testDatabase({ partitions: PARTITIONS })
    await using ledger = await openLedger({ url: db.url })
    await using relay = kafkaRelay({ brokers: [brokers], prefix: 'killed' })
    await using one = projector({ ledger, sinks: [], projections: [], relays: [relay], heartbeatMs: 100, leaseMs: 2_000 })
    let writing = true
    const writer = (async () => {
      for (let n = 0; writing; n++) {
        const trade = `trade:w${n % 7}:T-${n}`
        await appendUnit(ledger, [submitted(trade)])
        await appendUnit(ledger, [amended(trade, { price: String(n + 2) }), opened(`ticket:w${n % 7}:K-${n}`)])
        await sleep(2)
      }
    })()
    await inState(one, RUN, ({ positions }) => positions.some((position) => position > 20))
    await broker?.kill()
    const killed = performance.now()
    await inState(one, RUN, ({ state, error }) => state === 'retrying' && error !== undefined)
    const said = performance.now() - killed
    await broker?.start()
    const back = performance.now()
    await inState(one, RUN, ({ state }) => state === 'running')
    await sleep(1_000)
    writing = false
    await writer
    await inState(one, RUN, ({ lag }) => lag.versions === 0)
    const records = await feedOf(ledger)
    const found = await committed(brokers, 'killed')
    t.diagnostic(
      `retrying after ${Math.round(said)} ms, caught up ${Math.round(performance.now() - back)} ms after the broker was back; ${records.length} versions, ${found.length - records.length} duplicates`,
    )
    assertIs(found, records)
  },
)
