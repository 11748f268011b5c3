// The routes of the rooms beside the way in, which every server of the program has.
import type { FastifyRequest } from 'fastify'
import { bodies } from '../commands/http/bodies.ts'
import { actorOf } from '../commands/http/headers.ts'
import { parseJson } from '../commands/http/json.ts'
import type { Routes } from '../commands/http/server.ts'
import { InvalidRequest } from '../ledger/failure.ts'
import { principalOf } from '../ledger/principal.ts'
import { feedRoutes } from '../projections/http.ts'
import { projectionRoutes, type Asking } from '../projections/serving/projection-routes.ts'
import { viewRoutes } from '../projections/serving/view-routes.ts'
import type { Sink } from '../projections/sinks/sink.ts'
import { views } from '../projections/views/index.ts'
import { readRoutes } from '../replay/http.ts'

/** `sinks`: where views are read from, the first one where nobody says otherwise. */
export const routes = (sinks: readonly Sink[], projections = Object.values(views)): readonly Routes[] => [
  readRoutes,
  feedRoutes,
  (app, { partitions }) => viewRoutes(app, { partitions, sinks, projections }),
  (app, ledger) =>
    void app.register((scope, _, done) => {
      bodies(scope)
      projectionRoutes(scope, { ledger, sinks: sinks.map(({ name }) => name), projections, asking })
      done()
    }),
]

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
