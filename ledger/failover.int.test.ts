// Promises: another server takes over under a running process, and lacks what was committed last (here: a copy of the database from before takes its name). What the process remembers of the lost
// versions is not decided on, although the ledger has other versions with the same numbers by then; and what was read beyond is no place in the feed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { appendUnit, edited, opened } from '../test/append-unit.ts'
import { testDatabase, withDatabase } from '../test/database.ts'
import { ForeignPlace } from './feed-place.ts'
import { openLedger } from './index.ts'
import { assertSound } from './sound.testing.ts'
import { addNote } from './works.testing.ts'

const ID = 'ticket:ann:hot'

test('a process that remembers lost versions reads anew', async () => {
  await using database = await testDatabase()
  {
    await using before = await openLedger({ url: database.url })
    await appendUnit(before, [opened(ID, { subject: 'first' })])
  }
  await using standby = await testDatabase({ copyOf: database.name })
  await using survivor = await openLedger({ url: database.url })
  await appendUnit(survivor, [edited(ID, { subject: 'lost' })])
  const beyond = await survivor.feed.end()

  await takeOver(database, standby)
  await using other = await openLedger({ url: database.url })
  await appendUnit(other, [edited(ID, { subject: 'kept' })])
  assert.equal((await other.read.latest(ID))?.version, 2, 'the number of the lost version')

  const [record] = (await survivor.append(addNote(ID))).records
  assert.deepEqual([record?.version, record?.state['subject']], [3, 'kept'])
  await assert.rejects(survivor.feed.read(beyond, 10), ForeignPlace)
  await assertSound(other.database)
})

/** The one database gets the other's name, and nobody's connection lives on. */
async function takeOver(lost: { readonly name: string; readonly adminUrl: string }, standby: { readonly name: string }): Promise<void> {
  const admin = new pg.Client(withDatabase(lost.adminUrl, 'postgres'))
  await admin.connect()
  try {
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [lost.name])
    for (const [from, to] of [
      [lost.name, `${lost.name}_lost`],
      [standby.name, lost.name],
      [`${lost.name}_lost`, standby.name],
    ])
      await admin.query(`alter database ${from} rename to ${to}`)
  } finally {
    await admin.end()
  }
}
