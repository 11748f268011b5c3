// A process for tests that has a DuckDB file open and writes a made-up feed into it, on from where it is: prints each place that was acknowledged, and what went wrong.
//   writer.testing.ts PATH [versions a batch] [until]
import { setTimeout as sleep } from 'node:timers/promises'
import { counting, feedInto, versions } from '../made-up.testing.ts'
import { duckdbSink } from '../duckdb.ts'

const [path = '', size = '50', until = '1000000', uid] = process.argv.slice(2)
if (uid) process.setuid?.(Number(uid))
const projection = counting('written')
await using sink = duckdbSink({ path, isServed: true })
for (let next = -1; next < Number(until);)
  try {
    const view = await sink.open(projection, 'live')
    if (next === -1) next = ((await view.places()).get(1)?.position ?? 0) * 2
    await feedInto(view, projection, versions(next, next + Number(size)))
    next += Number(size)
    console.log(`at ${next}`)
  } catch (error) {
    console.log(`failed ${error instanceof Error ? error.message : String(error)}`)
    await sleep(50)
  }
