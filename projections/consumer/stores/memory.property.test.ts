// The store in memory keeps the contract; and a small one, with every delivery chosen by fast-check, so that a failure shrinks to the least that fails.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryStore } from './memory.ts'
import { storeContract, tryDeliveries, type Tried } from './contract.testing.ts'
import type { VersionRecord } from '../record.ts'
import { repair } from '../repair.ts'
import { take } from '../take.ts'
import { gapsIn, recordAt } from '../world.testing.ts'

function open(): Promise<Tried<undefined>> {
  const store = memoryStore()
  let lines: VersionRecord[] = []
  return Promise.resolve({
    // A transaction that fails takes its lines with it.
    store: {
      ...store,
      transaction: (work) =>
        store.transaction(async (within) => {
          const before = lines.length
          try {
            return await work(within)
          } catch (error) {
            lines = lines.slice(0, before)
            throw error
          }
        }),
    },
    write: (records) => Promise.resolve(void lines.push(...records)),
    written: () => Promise.resolve(lines.map(({ entityId, version }) => ({ entityId, version }))),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
}

storeContract({ name: 'memory', open, versions: 50_000 })

const MANY = process.env['CI'] || process.env['STRATA_TEST_LONG'] === '1' ? 1_000_000 : 200_000

test(`memory, contiguous: ${MANY} versions, delayed, doubled and dropped`, (t) =>
  tryDeliveries(t, { name: 'memory', open, versions: MANY }, 'contiguous', { doubled: 0.1, dropped: 0.01, delayed: 0.2, delay: 20_000 }))

test('any deliveries of any small histories', async () => {
  const deliveries = fc.array(fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 6 })), { maxLength: 8 }), {
    maxLength: 8,
  })
  await fc.assert(
    fc.asyncProperty(deliveries, async (batches) => {
      const store = memoryStore()
      const handled: VersionRecord[] = []
      const consumer = {
        store,
        strategy: 'contiguous',
        handle: (records: readonly VersionRecord[]) => void handled.push(...records),
      } as const
      const came = batches.map((batch) => batch.map(([n, version]) => recordAt(`e:o:${n}`, version)))
      for (const records of came) await take(consumer, { records })
      // what is handled is, for each entity, exactly the run from 1 that has come
      for (const [entityId, records] of Map.groupBy(came.flat(), (record) => record.entityId)) {
        const versions = new Set(records.map(({ version }) => version))
        let run = 0
        while (versions.has(run + 1)) run++
        const own = handled.filter((record) => record.entityId === entityId).map(({ version }) => version)
        assert.deepEqual(
          own,
          Array.from({ length: run }, (_, n) => n + 1),
        )
      }
      assert.deepEqual(await store.gaps(100), gapsIn(came.flat()))
      await repair(consumer, async function* ({ entityId, from, to }) {
        yield Array.from({ length: to - from + 1 }, (_, n) => recordAt(entityId, from + n))
      })
      const greatest = new Set(came.flat().map(({ entityId, version }) => `${entityId} ${version}`))
      for (const name of greatest) assert.ok(handled.some(({ entityId, version }) => `${entityId} ${version}` === name))
      assert.equal(new Set(handled.map(({ entityId, version }) => `${entityId} ${version}`)).size, handled.length)
    }),
    { numRuns: 2_000 },
  )
})
