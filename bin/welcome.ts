// Promises: what `strata start` tells the person at the terminal: where things are, and three lines to paste.

import { resolve } from 'node:path'
import type { RunStatus } from '../projections/runner/control.ts'
import { maskSecrets } from './mask-secrets.ts'
import type { Place } from './place.ts'
import type { GoodSettings } from './setting-flags.ts'

export interface WelcomeFacts {
  readonly url: string
  readonly place: Place
  readonly settings: GoodSettings
  readonly demo: boolean
  /** How the views are. */
  readonly views: readonly Pick<RunStatus, 'sink' | 'view' | 'state' | 'lag'>[]
}

export function welcome({ url, place, settings: { settings }, demo, views }: WelcomeFacts): readonly string[] {
  const database = place.embedded
    ? `embedded PostgreSQL, ${maskSecrets(place.url)}, in ${resolve(settings.dataDir, 'postgres')}`
    : maskSecrets(place.url)
  const trade = demo ? 'trade:alice:T-1' : 'trade:alice:T-9'
  const token = settings.auth === 'jwt' ? ` -H "authorization: Bearer $TOKEN"` : ''
  const order = `{"owner":"alice","tradeId":"T-9","instrument":"AAPL","side":"buy","quantity":"10","price":"185.5","currency":"USD"}`
  return [
    '',
    `  console    ${url}/console`,
    `  API        ${url}/v1, to try on ${url}/docs`,
    `  data       ${resolve(settings.dataDir)}`,
    `  database   ${database}`,
    ...(settings.projections === 'on' ? [`  analytics  DuckDB, ${resolve(settings.duckdbPath)}`] : []),
    ...viewsLines(views).map((line, n) => `  ${n === 0 ? 'views' : '     '}      ${line}`),
    `             e.g. ${url}/v1/views/positions?owner=alice`,
    `             how they are: ${url}/console#/projections, or strata projections`,
    '',
    '  Paste:',
    `    curl -s ${url}/v1/trades${token} -H 'content-type: application/json' -d '${order}'`,
    `    curl -s ${url}/v1/entities/${trade}/history${token}`,
    `    curl -s '${url}/v1/trades/${trade}?version=1'${token}`,
    '',
  ]
}

/** What a person has to do something about, or has done. */
const TOLD: readonly RunStatus['state'][] = ['stopped', 'retrying', 'paused']

/** A line a sink: which there are, how far behind the one that is furthest behind is, and which of them do not run. */
function viewsLines(views: WelcomeFacts['views']): readonly string[] {
  if (views.length === 0) return ['not known yet']
  return [...Map.groupBy(views, ({ sink }) => sink)].map(([sink, runs]) => {
    const behind = Math.max(...runs.map(({ lag }) => lag.versions))
    const others = runs.filter(({ state }) => TOLD.includes(state)).map(({ view, state }) => `, ${view} is ${state}`)
    const lag = behind === 0 ? 'up to date' : `up to ${behind} versions behind`
    return `${runs.map(({ view }) => view).join(', ')} in ${sink}, ${lag}${others.join('')}`
  })
}
