// Promises: `strata replay`: the view is there when it is whole, or not at all.

import { InTheFuture, Unavailable } from '../ledger/failure.ts'
import type { Ledger } from '../ledger/index.ts'
import { Poisoned } from '../projections/fold.ts'
import type { Projection } from '../projections/projection.ts'
import { shownDocument } from '../projections/serving/view-page.ts'
import type { Sink } from '../projections/sinks/sink.ts'
import { replayView, type Replayed } from '../replay/replay-view.ts'
import type { ReplayFlags } from './commands/replay.ts'
import { CommandFailed, EXIT } from './exit.ts'
import { interruption, untilInterrupted } from './interrupt.ts'
import { withLedger } from './open.ts'
import { namedProjection } from './named-projection.ts'
import { print, say } from './output.ts'
import { clockText, progressBar } from './progress-bar.ts'
import { replayPlace } from './replay-into.ts'
import { settingsOf } from './setting-flags.ts'
import { analyticsSinks } from './sinks.ts'

export function replayInto({ view: name, asOf, effectiveAsOf, into, sink: given, json = false, ...flags }: ReplayFlags): Promise<void> {
  const { documents, tables } = namedProjection(name)
  const projection = (into.startsWith('duckdb:') ? (tables ?? documents) : (documents ?? tables)) as Projection
  return withLedger(
    flags,
    async (ledger) => {
      const settings = settingsOf(flags)
      const skipsOf = given ?? (projection === tables ? (await analyticsSinks(settings))[0]?.name : undefined) ?? 'postgres'
      const place = await replayPlace(into, asOf, settings.settings)
      await using sink = place.sink
      if ((await sink.liveVersion(projection)) !== undefined)
        throw new CommandFailed(`there is a view ${name} in ${place.name} already: name another place with --into, or drop that one`)
      const replayed = await build(ledger, sink, projection, { asOf, effectiveAsOf, sink: skipsOf })
      if (place.prints) await untilInterrupted(printAll(sink, projection))
      const told = { view: name, asOf, ...(effectiveAsOf && { effectiveAsOf }), into: place.name, ...replayed }
      if (json && !place.prints) await print(JSON.stringify(told))
      else
        say(`${name} as of ${asOf}${effectiveAsOf ? `, holding at ${effectiveAsOf}` : ''}: ${replayed.versions} versions, in ${place.name}`)
    },
    { endsItself: true },
  )
}

/** In a slot beside, which what an earlier run left behind is taken out of first. */
async function build(
  ledger: Ledger,
  sink: Sink,
  projection: Projection,
  asked: Pick<Parameters<typeof replayView>[0], 'asOf' | 'effectiveAsOf' | 'sink'>,
): Promise<Replayed> {
  const bar = progressBar(`replaying ${projection.name}`)
  const started = performance.now()
  const onProgress = (versions: number, total: number): void => {
    const rate = versions / Math.max((performance.now() - started) / 1_000, 0.001)
    bar.update(versions, total, `${Math.round(rate)} versions/s, ${clockText((total - versions) / Math.max(rate, 1))} left`)
  }
  try {
    await sink.drop(projection, 'next')
    const next = await sink.open(projection, 'next')
    const replayed = await replayView({ ledger, projection, into: next, signal: interruption(), onProgress, ...asked })
    await sink.swap(projection)
    return replayed
  } catch (error) {
    throw explained(error, projection.name, asked.sink)
  } finally {
    bar.stop()
  }
}

function explained(error: unknown, name: string, sink: string): unknown {
  if (error instanceof InTheFuture) return new CommandFailed(`--as-of ${error.message}`, { exitCode: EXIT.usage })
  if (error instanceof Unavailable) return new CommandFailed(error.message, { cause: error })
  if (!(error instanceof Poisoned)) return error
  const { partition, position } = error.record
  return new CommandFailed(
    `${name} can not be built past ${error.message} (partition ${partition}, position ${position}), and nobody has skipped that version in ${sink}: see \`strata projections list ${name}\``,
  )
}

async function printAll(sink: Sink, projection: Projection): Promise<void> {
  const view = await sink.open(projection, 'live')
  for await (const { key, body, partition, position } of view.all())
    if (body) await print(JSON.stringify({ key, document: shownDocument(projection, body), seen: { partition, position } }))
}
