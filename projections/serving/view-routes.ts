// GET /v1/views/{name}: the documents of a view, with the position that each has seen. A route per view, since each has filters and a shape of its own.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { ownerSchema } from '../../ledger/entity-id.ts'
import { InvalidRequest, NotFound, Unavailable } from '../../ledger/failure.ts'
import { assertMay, principalOf } from '../../ledger/principal.ts'
import { limitSchema, queryOf } from '../../ledger/request.ts'
import { MAX_LONG_TEXT_CHARACTERS, textSchema } from '../../ledger/text.ts'
import type { Projection } from '../projection.ts'
import type { Sink, View } from '../sinks/sink.ts'
import { untilSeen, type UntilSeen, type Wanted } from './seen.ts'
import { AFTER, viewOperation } from './view-operation.ts'
import { viewPage, type ShownPage } from './view-page.ts'

export interface ViewRoutesOptions {
  readonly partitions: number
  /** The first one answers where nobody says which. */
  readonly sinks: readonly Sink[]
  readonly projections: readonly Projection[]
  readonly seenWithinMs?: number
}

export function viewRoutes(app: FastifyInstance, { partitions, sinks, projections, seenWithinMs }: ViewRoutesOptions): void {
  const stopping = new AbortController()
  app.addHook('preClose', (done) => {
    stopping.abort()
    done()
  })
  const until = untilSeen(stopping.signal, seenWithinMs)
  for (const projection of projections) viewRoute(app, projection, sinks, partitions, until)
}

function viewRoute(app: FastifyInstance, projection: Projection, sinks: readonly Sink[], partitions: number, until: UntilSeen): void {
  const { parameter } = projection
  const own = projection.filters.filter((name) => name !== 'owner')
  const schema = z.strictObject({
    owner: ownerSchema.optional(),
    key: textSchema(MAX_LONG_TEXT_CHARACTERS).optional(),
    ...Object.fromEntries(own.map((name) => [name, textSchema().optional()])),
    ...(parameter && { [parameter.name]: parameter.schema.optional() }),
    limit: limitSchema,
    cursor: z.string().optional(),
    sink: z.string().optional(),
  })
  const open = opener(projection)
  const operation = viewOperation(schema, projection)
  app.get(`/v1/views/${projection.name}`, { config: { operation } }, async (request): Promise<ShownPage> => {
    const { owner, key, limit, cursor, sink: named, ...rest } = queryOf(schema, request.query)
    const texts = Object.entries({ owner, ...rest }).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    const filters = Object.fromEntries(texts.filter(([name]) => name !== parameter?.name))
    const given = givenOf(parameter, Object.fromEntries(texts))
    const after = afterOf(request, partitions)
    assertMay(principalOf(request), { to: 'read', owner })
    const sink = named === undefined ? sinks[0] : sinks.find(({ name }) => name === named)
    if (!sink) throw new NotFound(`there is no sink ${named ?? ''} here: there is ${sinks.map(({ name }) => name).join(', ')}`)
    const view = await open(sink)
    if (after) await until(projection.name, view, after)
    return viewPage(view, projection, { sink: sink.name, filters, key, given, limit, cursor })
  })
}

/** Opens the view in a sink, once. What another version of the projection has made is not for this one to show. */
function opener(projection: Projection): (sink: Sink) => Promise<View> {
  const opened = new Map<Sink, Promise<View>>()
  return async (sink) => {
    let view = opened.get(sink)
    if (!view) {
      opened.set(sink, (view = sink.open(projection, 'live')))
      view.catch(() => opened.delete(sink))
    }
    const found = await view
    const version = await sink.liveVersion(projection)
    if (version !== undefined && version !== projection.version)
      throw new Unavailable(
        `the view ${projection.name} is of version ${version} of its projection, and this server shows version ${projection.version}: it is being built`,
      )
    return found
  }
}

/** For the view's own parameter. */
function givenOf(parameter: Projection['parameter'], texts: Readonly<Record<string, string>>): string | undefined {
  if (!parameter) return undefined
  const { name, needs } = parameter
  const given = texts[name]
  if (given === undefined || needs in texts) return given
  const detail = `goes with ${needs}, which is not given`
  throw new InvalidRequest(`${name} ${detail}`, [{ pointer: name, detail }])
}

function afterOf({ headers }: FastifyRequest, partitions: number): Wanted | undefined {
  const text = headers[AFTER.toLowerCase()]
  if (text === undefined) return undefined
  const [, partition, position] = /^(\d{1,3}):(\d{1,15})$/.exec(String(text)) ?? []
  if (partition !== undefined && Number(partition) < partitions) return { partition: Number(partition), position: Number(position) }
  const detail = `must be PARTITION:POSITION, as a version in a receipt has them, the partition from 0 to ${partitions - 1}`
  throw new InvalidRequest(`${AFTER} ${detail}`, [{ pointer: AFTER, detail }])
}
