// A process of its own that feeds versions into a view, and is killed or stopped, as if from outside, before it sends its nth statement that has a word in it; it says so on its output first. Its one argument is JSON.
import { writeSync } from 'node:fs'
import { counting, feedInto, versions } from '../made-up.testing.ts'
import { snowflakeSink } from '../snowflake.ts'

export interface Feeding {
  readonly url: string
  readonly view: string
  readonly to: number
  readonly size: number
  /** Undefined: it lives. */
  readonly before?: { readonly word: string; readonly nth: number; readonly signal: 'SIGKILL' | 'SIGSTOP' }
}

const { url, view: name, to, size, before } = JSON.parse(process.argv[2] ?? '') as Feeding
let seen = 0
await using sink = snowflakeSink({
  url,
  onStatement(text) {
    if (!before || !text.includes(before.word) || ++seen !== before.nth) return
    writeSync(process.stdout.fd, before.signal)
    process.kill(process.pid, before.signal)
  },
})
const projection = counting(name)
const view = await sink.open(projection, 'live')
for (let from = 0; from < to; from += size) await feedInto(view, projection, versions(from, Math.min(to, from + size)))
