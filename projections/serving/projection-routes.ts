// The projections over HTTP: how they are, for who operates or audits; and what who operates says to them. Failures are thrown, not formatted.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { assertMay, principalOf } from '../../ledger/principal.ts'
import { bodyOf, queryOf } from '../../ledger/request.ts'
import { textSchema } from '../../ledger/text.ts'
import { actionOperation, getProjectionOperation, listProjectionsOperation, type Action } from './projection-operations.ts'
import type { ProjectionStatus } from './projection-status.ts'
import { parts } from './keeping.ts'
import { RELAYED } from '../runner/target.ts'
import { projectionsOf, type ProjectionsOptions } from './projections.ts'

/** How the way in reads what comes with a request. */
export interface Asking {
  readonly body: (request: FastifyRequest) => unknown
  readonly actor: (request: FastifyRequest) => string
}

const MAX_PARTITION = 255
const NO_QUERY = z.strictObject({})
const sinkName = z.string().min(1).max(40)
const toRun = z.strictObject({ sink: sinkName.optional() })
const toSkip = z.strictObject({
  partition: z.int().min(0).max(MAX_PARTITION),
  position: z.int().min(1),
  reason: textSchema(),
  sink: sinkName.optional(),
})

export function projectionRoutes(app: FastifyInstance, { asking, ...options }: ProjectionsOptions & { readonly asking: Asking }): void {
  const names = [...new Set(parts(options).flatMap(({ projections: all }) => all.map(({ name }) => name))), RELAYED]
  const projections = projectionsOf(options)
  const nameOf = ({ params }: FastifyRequest): string => (params as { readonly name: string }).name

  function assertMayLook(request: FastifyRequest): void {
    queryOf(NO_QUERY, request.query)
    assertMay(principalOf(request), { to: 'watch' })
  }

  app.get('/v1/projections', { config: { operation: listProjectionsOperation } }, async (request) => {
    assertMayLook(request)
    return { data: await projections.list() }
  })
  app.get('/v1/projections/:name', { config: { operation: getProjectionOperation(names) } }, async (request) => {
    assertMayLook(request)
    return projections.one(nameOf(request))
  })

  function action<Body>(
    name: Action,
    schema: z.ZodType<Body>,
    work: (to: string, body: Body, actor: string) => Promise<ProjectionStatus>,
  ): void {
    app.post(`/v1/projections/:name/${name}`, { config: { operation: actionOperation(name, names, schema) } }, async (request) => {
      queryOf(NO_QUERY, request.query)
      const body = bodyOf(schema, asking.body(request))
      const actor = asking.actor(request)
      assertMay(principalOf(request), { to: 'operate' })
      return work(nameOf(request), body, actor)
    })
  }
  action('pause', toRun, (name, { sink }, actor) => projections.pause({ name, sink }, actor))
  action('resume', toRun, (name, { sink }) => projections.resume({ name, sink }))
  action('retry', toRun, (name, { sink }) => projections.retry({ name, sink }))
  action('skip', toSkip, (name, { sink, ...skipped }, actor) => projections.skip({ name, sink }, { ...skipped, actor }))
}
