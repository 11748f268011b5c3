// Bodies of commands: JSON in UTF-8, not compressed, up to a limit each and a limit for all of them together, and all there within a time. Routes get them as bytes.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { problem, type Problem } from '../problem.ts'
import { RETRY_AFTER_SECONDS } from '../submit/submitter.ts'
import { BODY_TIMEOUT_MS, MAX_BODIES_BYTES, MAX_BODY_BYTES } from './limits.ts'
import { sendProblem } from './problems.ts'
import { hasBody } from './unread-body.ts'

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i

/** In a scope of its own: what it sets counts for the scope's routes. */
export function bodies(scope: FastifyInstance): void {
  let held = 0
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, (_, body, done) => done(null, body))
  scope.addHook('onRequest', (request, reply, done) => {
    const refused = hasBody(request.raw) ? refuseBody(request) : undefined
    if (refused) return void sendProblem(reply, refused)
    const bytes = sizeOf(request)
    if (held + bytes > MAX_BODIES_BYTES) return void sendProblem(reply, OVERLOADED)
    held += bytes
    reply.raw.once('close', () => (held -= bytes))
    return done()
  })
  scope.addHook('preParsing', (request, _, __, done) => {
    if (hasBody(request.raw)) giveUpLater(request)
    done()
  })
}

const OVERLOADED = problem('overloaded', 'too many large bodies at once', { retryAfterSeconds: RETRY_AFTER_SECONDS })

/** An encoding that the way in does not undo, or a character set other than UTF-8; of what is sent as JSON, one that is too long. */
export function refuseBody({ headers }: Pick<FastifyRequest, 'headers'>): Problem | undefined {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return problem('unsupported_media_type', 'bodies are read as they are, without a Content-Encoding')
  const charset = CHARSET.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase()
  return charset === undefined || charset === 'utf-8' || charset === 'utf8'
    ? undefined
    : problem('unsupported_media_type', 'bodies are read as UTF-8')
}

/** Until it is here, a body without a length may be as long as any. */
function sizeOf({ raw, headers }: FastifyRequest): number {
  if (!hasBody(raw)) return 0
  return headers['transfer-encoding'] === undefined ? Math.min(Number(headers['content-length']), MAX_BODY_BYTES) : MAX_BODY_BYTES
}

function giveUpLater({ raw }: FastifyRequest): void {
  const timer = setTimeout(() => raw.destroy(), BODY_TIMEOUT_MS)
  raw.once('close', () => clearTimeout(timer))
}
