// Promises: what killed processes have left behind goes; an older program leaves a newer one's view alone; and what is wrong with the schema is not taken for a rebuild.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { sharedSnowflake } from '../../../test/services/shared.ts'
import { contents, counting, feedInto, versions } from '../made-up.testing.ts'
import { snowflakeSink } from '../snowflake.ts'
import { snowflakeAddress } from './address.ts'
import { expected } from './expected.testing.ts'
import { LEFTOVER_AFTER_MS } from './files.ts'
import { openSession, type Session } from './session.ts'

const { address, skip } = await sharedSnowflake()
const url = address.replace('/ANALYTICS', `/SLOTS_${process.pid}`)
const sent: string[] = []
const sink = skip ? undefined : snowflakeSink({ url, onStatement: (text) => void sent.push(text) })
after(() => sink?.[Symbol.asyncDispose]())
const here = (): NonNullable<typeof sink> => sink as NonNullable<typeof sink>

async function directly(t: TestContext): Promise<Session> {
  const session = await openSession({ address: snowflakeAddress(url), statementTimeoutMs: 20_000, onStatement: () => undefined })
  t.after(() => session.end())
  return session
}

test('what killed processes have left, on the stage and in tables of no slot, goes when the view is opened', { skip }, async (t) => {
  const projection = counting('left_over')
  await feedInto(await here().open(projection, 'live'), projection, versions(0, 10))
  const [, folder] = /(@STRATA_STAGE\/LEFT_OVER__\w+\/)/.exec(sent.findLast((statement) => statement.startsWith('PUT')) ?? '') ?? []
  const session = await directly(t)
  const files = await mkdtemp(join(tmpdir(), 'strata-test-'))
  t.after(() => rm(files, { recursive: true }))
  for (const madeAt of [Date.now() - 2 * LEFTOVER_AFTER_MS, Date.now()]) {
    const path = join(files, `${madeAt}-${randomUUID()}.csv.gz`)
    await writeFile(path, 'x')
    await session.run(`PUT 'file://${path}' ${folder} AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = GZIP`)
  }
  await session.run('CREATE TABLE LEFT_OVER__0BAD0BAD (KEY VARCHAR)')
  const there = async () => {
    const tables = await session.run("SHOW TABLES STARTS WITH 'LEFT_OVER__'")
    return [(await session.run(`LIST ${folder}`)).length, tables.filter(([, name]) => name === 'LEFT_OVER__0BAD0BAD').length]
  }
  assert.deepEqual(await there(), [2, 1])
  await here().open(projection, 'live')
  assert.deepEqual(await there(), [1, 0])
})

test('a program with an older version of the projection does not change what readers see', { skip }, async (t) => {
  const [older, newer] = [counting('outgrown'), counting('outgrown', 2)]
  const opened = await here().open(older, 'live')
  await feedInto(opened, older, versions(0, 10))
  await feedInto(await here().open(newer, 'next'), newer, versions(0, 20))
  await here().swap(newer)
  sent.length = 0
  await here().open(older, 'live')
  assert.deepEqual(
    sent.filter((statement) => statement.includes('VIEW OUTGROWN')),
    [],
  )
  const rows = await (await directly(t)).run('SELECT KEY FROM OUTGROWN ORDER BY KEY')
  const kept = await expected(newer, 20)
  assert.deepEqual(
    rows.map(([key]) => key),
    kept.filter(({ body }) => body !== null).map(({ key }) => key),
  )
  assert.deepEqual(await contents(opened), kept)
})

test('a table that somebody has taken away is trouble, not another build', { skip }, async (t) => {
  const projection = counting('taken_away')
  const view = await here().open(projection, 'live')
  await feedInto(view, projection, versions(0, 10))
  const session = await directly(t)
  const tables = (await session.run("SHOW TABLES STARTS WITH 'TAKEN_AWAY__'")).map(([, name]) => String(name))
  await session.run(`DROP TABLE ${tables.find((name) => /^TAKEN_AWAY__.*__PLACES$/.test(name))}`)
  await assert.rejects(feedInto(view, projection, versions(10, 20)), { code: '002003' })
})
