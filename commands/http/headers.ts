// What a request says beside its body: key, precondition, who asks and in what connection, and whether it is only a question. Each is checked; what is wrong is thrown as InvalidRequest.
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { InvalidRequest } from '../../ledger/failure.ts'
import { principalOf, type Principal } from '../../ledger/principal.ts'
import { queryOf } from '../../ledger/request.ts'
import type { Envelope } from '../submit/parse.ts'

export const DEFAULT_ACTOR = 'local'
const ACTOR = 'x-strata-actor'
const VISIBLE = /^[\x21-\x7e]{1,255}$/
const STRONG_TAG = /^"([1-9]\d{0,14})"$/

const refuse = (pointer: string, detail: string): never => {
  throw new InvalidRequest(`${pointer} ${detail}`, [{ pointer, detail }])
}

/** Node gives a header that came twice as one, with a comma and a space between: then it is not visible characters alone. */
function visible(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  if (value === undefined) return undefined
  return typeof value === 'string' && VISIBLE.test(value) ? value : refuse(name, 'must be 1 to 255 visible ASCII characters')
}

export const keyOf = (headers: IncomingHttpHeaders): string | undefined => visible(headers, 'idempotency-key')

export function expectedVersionOf(headers: IncomingHttpHeaders): number | undefined {
  const tag = headers['if-match']
  if (tag === undefined) return undefined
  const version = STRONG_TAG.exec(tag)?.[1]
  return version === undefined ? refuse('if-match', 'must be one strong tag that is a version, e.g. "7"') : Number(version)
}

/** Of a route that takes no such header. */
export function refuseHeader(headers: IncomingHttpHeaders, name: string, why: string): void {
  if (headers[name] !== undefined) refuse(name, why)
}

/** Who a command is from: whom the token names, and who says otherwise is refused; without tokens, whoever they say. */
export function actorOf(headers: IncomingHttpHeaders, { actor }: Principal): string {
  if (actor === undefined) return visible(headers, ACTOR) ?? DEFAULT_ACTOR
  refuseHeader(headers, ACTOR, 'does not go with a token, whose subject is the actor')
  return actor
}

/** Before the headers are checked, as whose command it counts. */
export function ratedActorOf({ [ACTOR]: named }: IncomingHttpHeaders, { actor }: Principal): string {
  return actor ?? (typeof named === 'string' ? named : DEFAULT_ACTOR)
}

export function envelopeOf(request: FastifyRequest, dryRun: boolean): Envelope {
  const { headers, trace } = request
  const principal = principalOf(request)
  return {
    actor: actorOf(headers, principal),
    principal,
    correlationId: visible(headers, 'x-correlation-id'),
    causationId: visible(headers, 'x-causation-id'),
    dryRun,
    trace: trace ?? undefined,
  }
}

export const dryRunSchema = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .optional()
  .transform((text) => text === 'true')
export const commandQuery = z.strictObject({ dryRun: dryRunSchema })

/** The query of a command: most have none. */
export const isDryRun = (url: string, query: unknown): boolean => url.includes('?') && queryOf(commandQuery, query).dryRun
