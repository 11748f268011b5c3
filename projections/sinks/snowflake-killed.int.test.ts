// Promises: a process that dies, or stands still, between any two statements of a batch costs time only, and so do two that do the same work. On a stand-in of its own.
import assert from 'node:assert/strict'
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { after, test } from 'node:test'
import { snowflake } from '../../scripts/services/snowflake.ts'
import type { Service } from '../../scripts/services/service.ts'
import { missing } from '../../test/services/shared.ts'
import { contents, counting, feedInto, versions } from './made-up.testing.ts'
import { snowflakeSink } from './snowflake.ts'
import type { Feeding } from './snowflake/dying.testing.ts'
import { expected } from './snowflake/expected.testing.ts'

let server: Service | undefined
let skip: string | false = false
try {
  // A transaction of a process that was killed is ended when it has held up another one for so long.
  server = await snowflake.start({ idleSeconds: 1 })
} catch (error) {
  skip = missing(snowflake.name, error)
}
const left = await mkdtemp(join(tmpdir(), 'strata-test-'))
after(async () => {
  await server?.[Symbol.asyncDispose]()
  await rm(left, { recursive: true })
})

const url = server?.address ?? ''

const apart = (feeding: Omit<Feeding, 'url'>): ChildProcessByStdio<null, Readable, null> =>
  spawn(process.execPath, [join(import.meta.dirname, 'snowflake', 'dying.testing.ts'), JSON.stringify({ url, ...feeding })], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // What it leaves behind goes with the test.
    env: { ...process.env, TMPDIR: left },
  })

/** The signal that ended it, or null. */
async function feedApart(feeding: Omit<Feeding, 'url'>): Promise<NodeJS.Signals | null> {
  return ended(apart(feeding))
}

async function ended(child: ChildProcess): Promise<NodeJS.Signals | null> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  assert.ok(code === 0 || signal !== null, `it ended with ${code}`)
  return signal
}

/** In the second batch of 20 versions, and how many are then kept. Opening the view has a transaction of its own. */
const DEATHS = [
  { word: 'CREATE OR REPLACE TEMPORARY TABLE', nth: 2, kept: 20 },
  { word: "PUT 'file", nth: 2, kept: 20 },
  { word: 'BEGIN', nth: 3, kept: 20 },
  { word: 'COPY INTO', nth: 2, kept: 20 },
  { word: 'MERGE INTO', nth: 4, kept: 20 },
  { word: '__MEMORY t', nth: 2, kept: 20 },
  { word: '__PLACES t', nth: 2, kept: 20 },
  { word: 'COMMIT', nth: 3, kept: 20 },
  { word: 'REMOVE', nth: 2, kept: 40 },
] as const

test('a process is killed before each statement of a batch: whoever goes on comes to the same', { skip, timeout: 300_000 }, async () => {
  await using sink = snowflakeSink({ url })
  for (const [n, { word, nth, kept }] of DEATHS.entries()) {
    const projection = counting(`killed_${n}`)
    assert.equal(await feedApart({ view: projection.name, to: 60, size: 20, before: { word, nth, signal: 'SIGKILL' } }), 'SIGKILL', word)
    const view = await sink.open(projection, 'live')
    const { position = 0 } = (await view.places()).get(0) ?? {}
    // Whole batches only, with their places.
    assert.deepEqual(await contents(view), await expected(projection, 2 * position), word)
    assert.equal(2 * position, kept, word)
    await feedInto(view, projection, versions(kept, 60))
    assert.deepEqual(await contents(view), await expected(projection, 60), word)
  }
})

test(
  'a process that stands still in the middle of a batch holds up the others for a while only, and finds that it was passed',
  { skip, timeout: 200_000 },
  async (t) => {
    const projection = counting('stopped')
    const child = apart({ view: projection.name, to: 60, size: 20, before: { word: 'COMMIT', nth: 3, signal: 'SIGSTOP' } })
    t.after(() => child.kill('SIGKILL'))
    assert.equal(String(await once(child.stdout, 'data')), 'SIGSTOP')
    await using sink = snowflakeSink({ url })
    const view = await sink.open(projection, 'live')
    assert.equal((await view.places()).get(0)?.position, 10)
    await feedInto(view, projection, versions(20, 60))
    assert.deepEqual(await contents(view), await expected(projection, 60))
    child.kill('SIGCONT')
    assert.equal(await ended(child), null)
    assert.deepEqual(await contents(view), await expected(projection, 60))
  },
)

test('two processes that do the same work at once come to the same as one', { skip, timeout: 200_000 }, async () => {
  const projection = counting('raced')
  await Promise.all([17, 41].map((size) => feedApart({ view: projection.name, to: 200, size })))
  await using sink = snowflakeSink({ url })
  assert.deepEqual(await contents(await sink.open(projection, 'live')), await expected(projection, 200))
})
