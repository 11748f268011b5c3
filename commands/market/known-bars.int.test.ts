// Promises: what is known of a series are its own bars around those asked for: not those of the other interval between them, nor of an instrument whose name begins alike.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barPeriod } from '../../ledger/entities/bar-period.ts'
import { localOf, ownerOf } from '../../ledger/entity-id.ts'
import { openLedger } from '../../ledger/index.ts'
import { appendUnit } from '../../test/append-unit.ts'
import { testDatabase } from '../../test/database.ts'
import { seriesOf } from './bar-series.ts'
import { knownBars, lastStarts } from './known-bars.ts'

const IDS = [
  'bar:X:2016-01-08',
  'bar:X:2016-01-08T14.30',
  'bar:X:2016-01-11',
  'bar:X:2016-01-11T14.30',
  'bar:X:2016-01-11T14.31',
  'bar:X:2016-01-12',
  'bar:X:2016-01-14',
  'bar:X-1:2016-01-13',
  'bar:X.A:2016-01-13',
  'bar:W:2016-01-13',
  'bar:Y:2016-01-13T14.30',
]

test('the bars around', async () => {
  await using database = await testDatabase({ partitions: 1 })
  await using ledger = await openLedger({ url: database.url })
  for (const entityId of IDS) {
    const { interval, start } = barPeriod(localOf(entityId)) ?? assert.fail()
    const price = { open: '1', high: '1', low: '1', close: '1', volume: '1', flags: [] }
    await appendUnit(ledger, [{ entityId, event: 'BarRecorded', data: { owner: ownerOf(entityId), interval, start, ...price } }])
  }
  const around = async (...ids: readonly string[]) => {
    const known = await knownBars(ledger.database, ids, ledger.partitions)
    return ids.map((id) => known.get(seriesOf(id))?.around(id))
  }
  assert.deepEqual(await around('bar:X:2016-01-13'), [{ previous: 'bar:X:2016-01-12', isThere: false, next: 'bar:X:2016-01-14' }])
  assert.deepEqual(await around('bar:X:2016-01-11T14.30', 'bar:X:2016-01-07', 'bar:X:2016-01-12', 'bar:X:2016-01-15', 'bar:Z:2016-01-12'), [
    { previous: 'bar:X:2016-01-08T14.30', isThere: true, next: 'bar:X:2016-01-11T14.31' },
    { previous: undefined, isThere: false, next: 'bar:X:2016-01-08' },
    { previous: 'bar:X:2016-01-11', isThere: true, next: 'bar:X:2016-01-14' },
    { previous: 'bar:X:2016-01-14', isThere: false, next: undefined },
    { previous: undefined, isThere: false, next: undefined },
  ])
  assert.deepEqual(await knownBars(ledger.database, [], ledger.partitions), new Map())
  const last = (interval: 'day' | 'minute') => lastStarts(ledger.database, ['X', 'Y', 'Z'], interval, ledger.partitions)
  assert.deepEqual(await last('day'), new Map([['X', '2016-01-14T00:00:00.000000Z']]))
  assert.deepEqual(
    await last('minute'),
    new Map([
      ['X', '2016-01-11T14:31:00.000000Z'],
      ['Y', '2016-01-13T14:30:00.000000Z'],
    ]),
  )
})
