// The routes of the rooms beside the way in, which every server of the program has.
import type { FastifyRequest } from 'fastify'
import { bodies } from '../commands/http/bodies.ts'
import { actorOf } from '../commands/http/headers.ts'
import { parseJson } from '../commands/http/json.ts'
import type { Routes } from '../commands/http/server.ts'
import { InvalidRequest } from '../ledger/failure.ts'
import type { FeedWatch } from '../ledger/feed-watch.ts'
import { principalOf } from '../ledger/principal.ts'
import { feedRoutes } from '../projections/http.ts'
import type { Projection } from '../projections/projection.ts'
import type { Keeping } from '../projections/serving/keeping.ts'
import type { Relay } from '../projections/runner/target.ts'
import { queries } from '../projections/queries/index.ts'
import { projectionRoutes, type Asking } from '../projections/serving/projection-routes.ts'
import { queryRoutes, type Analyst } from '../projections/serving/query-routes.ts'
import { viewRoutes } from '../projections/serving/view-routes.ts'
import type { Sink } from '../projections/sinks/sink.ts'
import { views } from '../projections/views/index.ts'
import { consoleRoutes } from '../replay/console/routes.ts'
import { readRoutes } from '../replay/http.ts'

export interface RoutesOptions {
  /** Where views are read from: the first one, where nobody says otherwise. */
  readonly sinks?: readonly Sink[]
  /** Who answers named queries: the first one, where nobody says otherwise. */
  readonly analysts?: readonly Analyst[]
  readonly relays?: readonly Pick<Relay, 'name'>[]
  readonly projections?: readonly Projection[]
  /** What is kept elsewhere, by the names of its sinks. */
  readonly analytics?: Keeping
  readonly watch?: FeedWatch
}

export const routes = ({
  sinks = [],
  analysts = [],
  relays = [],
  projections = Object.values(views),
  analytics,
  watch,
}: RoutesOptions = {}): readonly Routes[] => [
  readRoutes,
  (app, ledger) => feedRoutes(app, ledger, { watch }),
  (app, { partitions }) => viewRoutes(app, { partitions, sinks, projections }),
  (app) => queryRoutes(app, { analysts, queries: Object.values(queries) }),
  (app, ledger) =>
    void app.register((scope, _, done) => {
      bodies(scope)
      projectionRoutes(scope, { ledger, sinks: namesOf(sinks), relays: namesOf(relays), projections, analytics, asking })
      done()
    }),
  consoleRoutes,
]

const namesOf = (all: readonly { readonly name: string }[]): readonly string[] => all.map(({ name }) => name)

const asking: Asking = {
  actor: (request) => actorOf(request.headers, principalOf(request)),
  body: jsonOf,
}

function jsonOf({ body }: FastifyRequest): unknown {
  if (!Buffer.isBuffer(body) || body.length === 0) return {}
  const json = parseJson(body)
  if ('problem' in json) throw new InvalidRequest(json.problem.detail, json.problem.errors ?? [])
  return json.value
}
