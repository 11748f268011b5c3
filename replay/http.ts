// The reading routes: one entity as it is or was, its history and differences, and a list per kind. Everything comes out of the registry of kinds; failures are thrown, not formatted.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { ownerOf, ownerSchema } from '../ledger/entity-id.ts'
import { component } from '../ledger/description/component.ts'
import { askedShape } from '../ledger/description/json-schema.ts'
import { versionNumber } from '../ledger/description/records.ts'
import { kinds } from '../ledger/entities/index.ts'
import type { Ledger } from '../ledger/index.ts'
import { timeText } from '../ledger/instant.ts'
import type { Kind } from '../ledger/kind.ts'
import { assertMay, principalOf } from '../ledger/principal.ts'
import { countSchema, entityIdParam, instantParam, limitSchema, MAX_VERSION, queryOf, versionSchema } from '../ledger/request.ts'
import { textSchema } from '../ledger/text.ts'
import { compare } from './compare.ts'
import { diffOperation, entityOperation, historyOperation, listOperation } from './operations.ts'
import { historyPage } from './history.ts'
import { listPage } from './list-page.ts'
import { show } from './show.ts'

const questionSchema = z
  .strictObject({ version: versionSchema.optional(), asOf: instantParam.optional(), effectiveAsOf: instantParam.optional() })
  .refine(({ version, asOf, effectiveAsOf }) => version === undefined || (asOf === undefined && effectiveAsOf === undefined), {
    path: ['version'],
    error: 'is asked alone, without a time',
  })

const historySchema = z.strictObject({ after: countSchema(10).default(0), limit: limitSchema })

const pointText = z.string().meta(
  component('Point', {
    description: 'A version, or a recorded time.',
    anyOf: [versionNumber, askedShape(timeText)],
  }),
)
const VERSION_NUMBER = /^\d{1,10}$/
const pointSchema = pointText.transform((text, context) => {
  const parsed = (VERSION_NUMBER.test(text) ? versionSchema : instantParam).safeParse(text)
  if (parsed.success) return parsed.data
  context.issues.push({ code: 'custom', message: `must be a version or a time: ${parsed.error.issues[0]?.message}`, input: text })
  return z.NEVER
})
const diffSchema = z.strictObject({ from: pointSchema, to: pointSchema })

const listParameters = {
  limit: limitSchema,
  cursor: z.string().optional(),
  asOf: instantParam.optional(),
  effectiveAsOf: instantParam.optional(),
}

export function readRoutes(app: FastifyInstance, ledger: Ledger): void {
  entityRoute(app, ledger, '/v1/entities/:id')
  for (const kind of Object.values(kinds)) {
    entityRoute(app, ledger, `/v1/${kind.plural}/:id`, kind)
    listRoute(app, ledger, kind)
  }
  app.get('/v1/entities/:id/history', { config: { operation: historyOperation(historySchema) } }, (request) => {
    const id = entityIdParam(request.params)
    const { after, limit } = queryOf(historySchema, request.query)
    assertMay(principalOf(request), { to: 'read', owner: ownerOf(id) })
    return historyPage(ledger, id, Math.min(after, MAX_VERSION), limit)
  })
  app.get('/v1/entities/:id/diff', { config: { operation: diffOperation(diffSchema) } }, (request) => {
    const id = entityIdParam(request.params)
    const { from, to } = queryOf(diffSchema, request.query)
    assertMay(principalOf(request), { to: 'read', owner: ownerOf(id) })
    return compare(ledger, id, from, to)
  })
}

function entityRoute(app: FastifyInstance, ledger: Ledger, path: string, kind?: Kind): void {
  app.get(path, { config: { operation: entityOperation(questionSchema, kind) } }, async (request, reply) => {
    const id = entityIdParam(request.params, kind?.kind)
    const question = queryOf(questionSchema, request.query)
    assertMay(principalOf(request), { to: 'read', owner: ownerOf(id) })
    const shown = await show(ledger, id, question)
    if (shown.asked !== undefined) return shown
    return tagged(request, reply, shown.version) ? reply.code(304).send() : shown
  })
}

/** Sets the ETag of the latest version; true: the asker has it already. */
function tagged(request: FastifyRequest, reply: FastifyReply, version: number): boolean {
  const tag = `"${version}"`
  reply.header('etag', tag)
  const known = request.headers['if-none-match']
  return known !== undefined && known.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === tag)
}

function listRoute(app: FastifyInstance, ledger: Ledger, listed: Kind): void {
  const { kind, plural, filters } = listed
  const names: readonly string[] = filters
  const schema = z
    .strictObject({
      ...Object.fromEntries(names.map((name) => [name, textSchema().optional()])),
      owner: ownerSchema.optional(),
      ...listParameters,
    })
    .superRefine((query, context) => {
      if (query.owner !== undefined) return
      for (const name of ['asOf', 'effectiveAsOf'] as const)
        if (query[name] !== undefined) context.addIssue({ code: 'custom', path: [name], message: 'is asked with an owner only' })
    })
  app.get(`/v1/${plural}`, { config: { operation: listOperation(schema, listed) } }, (request) => {
    const { owner, limit, cursor, asOf, effectiveAsOf, ...rest } = queryOf(schema, request.query)
    assertMay(principalOf(request), { to: 'read', owner })
    const given = Object.entries(rest).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    return listPage(ledger, { kind, owner, filters: Object.fromEntries(given), asOf, effectiveAsOf, limit, cursor })
  })
}
