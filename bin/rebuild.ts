// Promises: a view built anew beside the live one, with a progress bar, its rate and the time left; ended at any point, the next run goes on where this one was.

import { Unavailable } from '../ledger/failure.ts'
import { Poisoned } from '../projections/fold.ts'
import { Outdated, rebuild, type RebuildProgress } from '../projections/runner/rebuild.ts'
import type { Projection } from '../projections/projection.ts'
import type { Sink } from '../projections/sinks/sink.ts'
import type { ProjectionsOptions } from './commands/projections.ts'
import { CommandFailed, EXIT } from './exit.ts'
import { interruption } from './interrupt.ts'
import { withLedger } from './open.ts'
import { namedProjection } from './named-projection.ts'
import { print } from './output.ts'
import { clockText, progressBar } from './progress-bar.ts'
import { settingsOf } from './setting-flags.ts'
import { analyticsSinks, documentSinks, type Asked } from './sinks.ts'

export function rebuildView(name: string, { sink: named, restart = false, json = false, ...rest }: ProjectionsOptions): Promise<void> {
  const { partition: _, position: __, reason: ___, actor: ____, ...flags } = rest
  const found = namedProjection(name)
  return withLedger(
    flags,
    async (ledger, place) => {
      const settings = settingsOf(flags)
      const { asked, projection } = oneOf(
        [
          { sinks: documentSinks(place, settings), projection: found.documents },
          { sinks: await analyticsSinks(settings), projection: found.tables },
        ],
        named,
      )
      await using sink = await (asked.take ?? asked.open)()
      const bar = progressBar(`building ${name}`)
      const started = performance.now()
      const onProgress = (progress: RebuildProgress): void =>
        bar.update(progress.versions, progress.total, note(progress, (performance.now() - started) / 1_000))
      let last: RebuildProgress | undefined
      const built = await rebuild({
        ledger,
        sink,
        projection,
        restart,
        signal: interruption(),
        onProgress: (progress) => onProgress((last = progress)),
      })
        .catch((error: unknown) => {
          if (error instanceof Outdated || error instanceof Unavailable) throw new CommandFailed(error.message, { cause: error })
          throw error instanceof Poisoned ? stopped(name, sink.name, error) : error
        })
        .finally(() => bar.stop())
      if (!built)
        throw new CommandFailed(`another process builds ${name} in ${sink.name}: \`strata projections list ${name}\` says how far it is`)
      const { versions = 0, before = 0 } = last ?? {}
      if (json) return print(JSON.stringify({ view: name, sink: sink.name, versions, before }))
      return print(
        `${name} in ${sink.name}: built from ${versions} versions${before > 0 ? `, ${before} of them earlier` : ''}, and swapped in`,
      )
    },
    { endsItself: true },
  )
}

interface Keeping {
  readonly sinks: readonly Asked<Sink>[]
  /** Undefined: they have none of that name. */
  readonly projection: Projection | undefined
}

/** Where no sink is named, documents come first. */
function oneOf(all: readonly Keeping[], named: string | undefined): { readonly asked: Asked<Sink>; readonly projection: Projection } {
  const there = all.flatMap(({ sinks, projection }) => (projection ? [sinks.map((asked) => ({ asked, projection }))] : []))
  const [first, another] = named === undefined ? (there[0] ?? []) : there.flat().filter(({ asked }) => asked.name === named)
  if (first && !another) return first
  const names = there.flatMap((some) => some.map(({ asked }) => asked.name)).join(', ')
  throw new CommandFailed(first ? `say which sink: --sink, one of ${names}` : `there is no sink ${named}: there are ${names}`, {
    exitCode: EXIT.usage,
  })
}

function note({ versions, total, before }: RebuildProgress, seconds: number): string {
  const rate = (versions - before) / Math.max(seconds, 0.001)
  return rate > 0 ? `${Math.round(rate)} versions/s, ${clockText((total - versions) / rate)} left` : ''
}

const stopped = (name: string, sink: string, { message, record: { partition, position } }: Poisoned): CommandFailed =>
  new CommandFailed(
    `${name} can not be built as far as the live one: ${message}. Leave that version out with \`strata projections skip ${name} --sink ${sink} --partition ${partition} --position ${position} --reason …\`, then run this again`,
  )
