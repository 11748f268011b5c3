// A route for every command of the registry: body, path and headers become a submission, its answer a receipt with Location and ETag, or a problem.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { kindNamed } from '../../ledger/entities/index.ts'
import { kindOf } from '../../ledger/entity-id.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { principalOf } from '../../ledger/principal.ts'
import type { CommandDefinition } from '../command.ts'
import { problem, type Problem } from '../problem.ts'
import { commands } from '../registry.ts'
import { failed, type Done } from '../submit/answer.ts'
import { invalid, isProblem, parseCommand, type Submission } from '../submit/parse.ts'
import type { Submitter } from '../submit/submitter.ts'
import { bodies } from './bodies.ts'
import { commandBody, type CommandBody } from './command-body.ts'
import { commandOperation } from './description/command-operation.ts'
import { envelopeOf, expectedVersionOf, isDryRun, keyOf, ratedActorOf, refuseHeader } from './headers.ts'
import { parseJson } from './json.ts'
import { sendProblem } from './problems.ts'
import type { RateLimit } from './rate-limit.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
const NO_BODY: Buffer = Buffer.from('{}')

export function commandRoutes(app: FastifyInstance, submitter: Submitter, rate: RateLimit | undefined): void {
  void app.register((scope, _, done) => {
    if (rate) limitRate(scope, rate)
    bodies(scope)
    for (const definition of commands) {
      const body = commandBody(definition)
      scope.post(`/v1${body.path}`, { config: { operation: commandOperation(definition) } }, async (request, reply) => {
        const submission = submissionOf(definition, body, request)
        if (isProblem(submission)) return sendProblem(reply, submission)
        const answer = await submitter.submit(submission)
        return failed(answer) ? sendProblem(reply, answer.problem) : sendReceipt(reply, answer)
      })
    }
    done()
  })
}

/** Before the body is read: what comes too fast is not looked at. */
function limitRate(scope: FastifyInstance, rate: RateLimit): void {
  scope.addHook('onRequest', (request, reply, done) => {
    const inMs = rate.take(ratedActorOf(request.headers, principalOf(request)))
    if (inMs === undefined) return done()
    const retryAfterSeconds = Math.ceil(inMs / 1_000)
    return void sendProblem(reply, problem('rate_limited', 'commands come faster than this actor may send them', { retryAfterSeconds }))
  })
}

function submissionOf(definition: CommandDefinition, body: CommandBody, request: FastifyRequest): Submission | Problem {
  const { headers } = request
  const bytes = Buffer.isBuffer(request.body) && request.body.length > 0 ? request.body : NO_BODY
  const json = parseJson(bytes)
  if ('problem' in json) return json.problem
  if (!isObject(json.value)) return invalid([{ pointer: '', detail: 'must be a JSON object' }])
  if (definition.creates) refuseHeader(headers, 'if-match', 'does not go with a command that creates its entity')
  const envelope = envelopeOf(request, isDryRun(request.url, request.query))
  const placed = body.read(request.params as Readonly<Record<string, string>>, json.value)
  const own = { definition, commandId: keyOf(headers), expectedVersion: expectedVersionOf(headers), bytes: bytes.length }
  return parseCommand({ ...placed, ...own }, envelope)
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

function sendReceipt(reply: FastifyReply, { status, receipt, version, entityId, replayed }: Done): FastifyReply {
  reply.code(status).header('content-type', JSON_TYPE)
  if (version !== undefined) reply.header('etag', `"${version}"`)
  if (status === 201) reply.header('location', `/v1/${kindNamed(kindOf(entityId))?.plural}/${entityId}`)
  if (replayed) reply.header('idempotency-replayed', 'true')
  return reply.send(JSON.stringify(receipt))
}
