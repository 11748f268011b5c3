// POST /v1/commands: NDJSON, a command in the bulk form per line, an answer per line. `mode=continue`: every line stands alone, any number of them, streamed both ways. `mode=atomic`: one unit.
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Ledger } from '../../ledger/index.ts'
import { isOver, principalOf } from '../../ledger/principal.ts'
import { queryOf } from '../../ledger/request.ts'
import { problem } from '../problem.ts'
import type { Answer } from '../submit/answer.ts'
import type { Envelope } from '../submit/parse.ts'
import { RETRY_AFTER_SECONDS, type Submitter } from '../submit/submitter.ts'
import { EXPIRED } from './auth.ts'
import { refuseBody } from './bodies.ts'
import { readAtomic, submitAtomic } from './bulk-atomic.ts'
import { bulkWindow } from './bulk-window.ts'
import { bulkOperation } from './description/bulk-operation.ts'
import { dryRunSchema, envelopeOf, ratedActorOf, refuseHeader } from './headers.ts'
import { MAX_BULK_REQUESTS } from './limits.ts'
import { answerText, askedBy, STOPPING } from './line-answer.ts'
import { sendProblem } from './problems.ts'
import type { RateLimit } from './rate-limit.ts'
import { hasBody } from './unread-body.ts'

const PATH = '/v1/commands'
const NDJSON = ['application/x-ndjson', 'application/ndjson']
const NDJSON_TYPE = 'application/x-ndjson; charset=utf-8'
const PER_LINE = 'stands in each line, not in a header, on this route'

const bulkQuery = z.strictObject({
  mode: z.enum(['continue', 'atomic'], { error: 'must be continue or atomic' }).default('continue'),
  dryRun: dryRunSchema,
})

export interface BulkOptions {
  readonly ledger: Ledger
  readonly submitter: Submitter
  /** Told of lines that are no commands. */
  readonly onUnreadLine: (answer: Answer) => void
  /** Lines that come faster wait. */
  readonly rate: RateLimit | undefined
  /** Aborted: lines not yet submitted are told that the server is stopping. */
  readonly stopping: AbortSignal
}

export function bulkRoute(app: FastifyInstance, options: BulkOptions): void {
  void app.register((scope, _, done) => {
    let requests = 0
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(NDJSON, (_request, payload, parsed) => parsed(null, payload))
    scope.addHook('onRequest', (request, reply, next) => {
      const refused = hasBody(request.raw) ? refuseBody(request) : undefined
      if (refused) return void sendProblem(reply, refused)
      if (requests >= MAX_BULK_REQUESTS) return void sendProblem(reply, OVERLOADED)
      requests++
      reply.raw.once('close', () => requests--)
      return next()
    })
    scope.post(PATH, { config: { operation: bulkOperation(bulkQuery) } }, (request, reply) => {
      const { mode, dryRun } = queryOf(bulkQuery, request.query)
      for (const name of ['idempotency-key', 'if-match']) refuseHeader(request.headers, name, PER_LINE)
      const envelope = envelopeOf(request, dryRun)
      return mode === 'atomic' ? atomically(request, reply, options, envelope) : eachAlone(request, reply, options, envelope)
    })
    done()
  })
}

const OVERLOADED = problem('overloaded', `${MAX_BULK_REQUESTS} bulk requests are running already`, {
  retryAfterSeconds: RETRY_AFTER_SECONDS,
})

/** Not destroyed by whoever stops reading it: the answer goes the same way back. */
const inputOf = ({ body }: FastifyRequest): AsyncIterable<Buffer> =>
  body instanceof Readable ? body.iterator({ destroyOnReturn: false }) : Readable.from([])

function eachAlone(request: FastifyRequest, reply: FastifyReply, options: BulkOptions, envelope: Envelope) {
  const { submitter, onUnreadLine, rate, stopping } = options
  const { commits } = options.ledger
  const principal = principalOf(request)
  const actor = ratedActorOf(request.headers, principal)
  /** Asked again after every wait. */
  const room = (): Promise<void> | undefined => {
    if (stopping.aborted) return undefined
    if (commits.full) return commits.room()
    const inMs = rate?.take(actor)
    return inMs === undefined ? undefined : sleep(inMs)
  }
  const answers = bulkWindow({
    input: inputOf(request),
    instance: PATH,
    room,
    submit(line) {
      if (stopping.aborted) return STOPPING
      if (isOver(principal)) return { problem: EXPIRED }
      const asked = askedBy(line, envelope)
      if ('submission' in asked) return submitter.submit(asked.submission)
      onUnreadLine(asked)
      return asked
    },
  })
  return reply.header('content-type', NDJSON_TYPE).send(answers)
}

async function atomically(
  request: FastifyRequest,
  reply: FastifyReply,
  { ledger, submitter, rate, stopping }: BulkOptions,
  envelope: Envelope,
) {
  const lines = await readAtomic(inputOf(request))
  if ('code' in lines) return sendProblem(reply, lines)
  await rate?.wait(ratedActorOf(request.headers, principalOf(request)), lines.length, stopping)
  while (ledger.commits.full) await ledger.commits.room()
  const { status, blamed, answers } = await submitAtomic(submitter, lines, envelope)
  if (blamed?.retryAfterSeconds !== undefined) reply.header('retry-after', String(blamed.retryAfterSeconds))
  const text = answers.map(({ line, answer }) => answerText(line, answer, PATH)).join('')
  return reply.code(status).header('content-type', NDJSON_TYPE).send(text)
}
