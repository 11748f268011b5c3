// Promises: a desk's log through the projector: the same documents in PostgreSQL, in MongoDB and in memory; tickets by state as the reference counts them, now and, replayed into places of their
// own, as of three instants. By default the first incidents; STRATA_TEST_LONG=1: all of them.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { JsonObject } from '../../ledger/json.ts'
import type { Projection } from '../../projections/projection.ts'
import { contents } from '../../projections/sinks/made-up.testing.ts'
import { views } from '../../projections/views/index.ts'
import { replayView } from '../../replay/replay-view.ts'
import { runExample } from '../example.ts'
import { countedBy, servicenow, servicenowPart, statesOf, type ServicenowPart, type ServicenowReference } from '../real/servicenow.ts'
import { sharedMongo } from '../services/shared.ts'
import { counted, followed, type Documents, type Followed } from './followed.ts'

const mongo = await sharedMongo()
const options = { skip: servicenow.missing || mongo.skip, timeout: 600_000 }
const LONG = process.env['STRATA_TEST_LONG'] === '1'

let way: Followed
let part: ServicenowPart
let documents: Documents
let reference: ServicenowReference
before(async () => {
  if (options.skip) return
  way = await followed(mongo.address)
  part = await servicenowPart(way.folder, LONG ? Infinity : 4_000)
  reference = servicenow.json('reference.json')
})
after(() => way?.[Symbol.asyncDispose]())

test('every document of every view is the same in PostgreSQL, in MongoDB and in memory', options, async (t) => {
  const started = performance.now()
  const { applied } = await runExample(part.example(way.url))
  assert.equal(applied, part.rows.length)
  const imported = performance.now()
  await way.drained()
  const drained = performance.now()
  documents = await way.same()
  t.diagnostic(`${applied} rows in ${Math.round(imported - started)} ms, views drained ${Math.round(drained - imported)} ms later`)
  t.diagnostic(`compared in ${Math.round(performance.now() - drained)} ms: ${counted(documents)}`)
})

const states = (tickets: readonly JsonObject[]) => countedBy(tickets.map(({ status }) => status as string))

test('tickets by state', options, (t) => {
  const found = states(documents.get('tickets') ?? [])
  assert.deepEqual(found, statesOf(part.rows))
  if (LONG) assert.deepEqual(found, reference.final_states)
  t.diagnostic(JSON.stringify(found))
})

test('tickets by state as of three instants, replayed into both sinks', options, async (t) => {
  const { rows } = await way.ledger.database.query<{ now: string }>('select clock_timestamp() as now')
  const asOf = rows[0]?.now ?? ''
  for (const [n, [instant, counts]] of Object.entries(reference.as_of).entries()) {
    const started = performance.now()
    const effectiveAsOf = `${instant.replace(' ', 'T')}:00.000000Z`
    const projection: Projection = { ...(views['tickets'] as Projection), name: `tickets_as_of_${n}` }
    const [one, another] = await Promise.all(
      way.sinks.map(async (sink) => {
        const into = await sink.open(projection, 'live')
        const signal = new AbortController().signal
        await replayView({ ledger: way.ledger, projection, asOf, effectiveAsOf, into, sink: sink.name, signal })
        return contents(into)
      }),
    )
    assert.deepEqual(one, another)
    const found = states((one ?? []).flatMap(({ body }) => (body ? [body] : [])))
    assert.deepEqual(statesOf(part.everything, effectiveAsOf), counts, 'the rule is that of the reference')
    assert.deepEqual(found, LONG ? counts : statesOf(part.rows, effectiveAsOf), instant)
    t.diagnostic(`${instant}, in ${Math.round(performance.now() - started)} ms: ${JSON.stringify(found)}`)
  }
})
