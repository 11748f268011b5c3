// Measures of the feed's readers: how many there are, what they were given, and how far behind the last one is.
import { Counter, Gauge, type Registry } from 'prom-client'
import type { FeedForm, FeedWatch } from '../../../ledger/feed-watch.ts'
import { lookedUp } from './instruments.ts'

const FORMS: readonly FeedForm[] = ['page', 'events', 'lines']

interface Reader {
  readonly form: FeedForm
  behind: number
  /** When it last took something, or asked whether there is something. */
  servedAt: number
}

export function feedMetrics(registry: Registry): FeedWatch {
  const readers = new Set<Reader>()
  const registers = [registry]
  const versions = new Counter({
    name: 'strata_feed_versions_total',
    help: 'Versions given to readers of the feed, by form: page, events (live), lines (to the head)',
    labelNames: ['form'],
    registers,
  })
  for (const form of FORMS) versions.labels(form).inc(0)
  const live = (): readonly Reader[] => [...readers].filter(({ form }) => form === 'events')
  const streams: Gauge<'form'> = new Gauge({
    name: 'strata_feed_readers',
    help: 'Readers that are being answered, by form',
    labelNames: ['form'],
    registers,
    collect() {
      for (const form of FORMS) streams.labels(form).set([...readers].filter((reader) => reader.form === form).length)
    },
  })
  lookedUp(registry, 'strata_feed_lag_versions', 'The most that a live reader was behind when it was last given something', () =>
    Math.max(0, ...live().map(({ behind }) => behind)),
  )
  lookedUp(
    registry,
    'strata_feed_stalled_seconds',
    'The longest that a live reader has not read on; where all is well, below about a second',
    () => Math.max(0, ...live().map(({ servedAt }) => (performance.now() - servedAt) / 1000)),
  )
  return {
    began(form) {
      const reader: Reader = { form, behind: 0, servedAt: performance.now() }
      const given = versions.labels(form)
      readers.add(reader)
      return {
        gave(page, behind) {
          given.inc(page.length)
          reader.behind = behind
          reader.servedAt = performance.now()
        },
        ended: () => void readers.delete(reader),
      }
    },
  }
}
