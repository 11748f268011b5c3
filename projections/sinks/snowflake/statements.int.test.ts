// Promises: what is sent to Snowflake, statement for statement, is what statements.sql says: for whoever reviews what production would send. After a change: npm test -- snowflake/statements --test-update-snapshots
import { after, test } from 'node:test'
import { join } from 'node:path'
import { sharedSnowflake } from '../../../test/services/shared.ts'
import { versions as everyVersion } from '../../analytics/versions.ts'
import { counting, feedInto, versions } from '../made-up.testing.ts'
import { snowflakeSink } from '../snowflake.ts'

const { address, skip } = await sharedSnowflake()
const sent: string[] = []
const said = (words: string): void => void sent.push(`-- ${words}`)
const sink = skip
  ? undefined
  : snowflakeSink({ url: address.replace('/ANALYTICS', `/STATEMENTS_${process.pid}`), onStatement: (text) => void sent.push(`${text};`) })
after(() => sink?.[Symbol.asyncDispose]())

/** What is another one each time. */
const settled = (text: string): string =>
  text
    .replaceAll(/(?<=__)[0-9A-F]{8}|(?<=')[0-9A-F]{8}(?=')/g, 'BUILD')
    .replaceAll(/\d{13}-[0-9a-f-]{36}/g, 'FILE')
    .replaceAll(/file:\/\/\S*\/(?=FILE)/g, 'file://FOLDER/')

test('the statements are those of statements.sql', { skip }, async (t) => {
  if (!sink) return
  said('The first time: what the schema has to have. Then a view is opened, here with a column per member.')
  const view = await sink.open(everyVersion, 'live')
  said('A batch of 3 versions.')
  await feedInto(view, everyVersion, versions(0, 3))
  said('A view that keeps its documents as JSON, and remembers something of each entity.')
  const projection = counting('counts')
  const live = await sink.open(projection, 'live')
  said('A batch: what it changes is loaded, folded, and written.')
  await feedInto(live, projection, versions(0, 3))
  said('How far it is.')
  await live.places()
  said('A page of documents.')
  await live.read({ filters: { owner: 'o0' }, limit: 100 })
  said('The next one is built beside it, and swapped in.')
  const better = counting('counts', 2)
  await sink.open(better, 'next')
  await sink.swap(better)
  said('A named query.')
  await sink.select(
    {
      text: 'SELECT owner, COUNT(*) AS how_many, MAX(recorded_at) AS last_at FROM versions WHERE owner = ? GROUP BY owner',
      values: ['o0'],
      columns: { owner: 'text', howMany: 'integer', lastAt: 'instant' },
      orderBy: 'owner',
      limit: 10,
    },
    { timeoutMs: 30_000 },
  )
  t.assert.fileSnapshot(`${sent.map(settled).join('\n')}\n`, join(import.meta.dirname, 'statements.sql'), {
    serializers: [(text) => text as string],
  })
})
