// Who asks, before anything else about a request is looked at: 401 for whoever does not say it well. A route is closed unless its config says that it is open.
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Unavailable } from '../../ledger/failure.ts'
import { ANYONE, refusal, type Principal } from '../../ledger/principal.ts'
import { problem, type Problem } from '../problem.ts'
import { RETRY_AFTER_SECONDS } from '../submit/submitter.ts'
import { bearerOf, type Bearer } from './bearer.ts'
import { isLoopback } from './loopback.ts'
import { sendProblem } from './problems.ts'
import { TokenRefused, type Tokens } from './token.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True: for everybody. `near`: for this machine, without a token; for others with the scope operate, or audit. */
    readonly open?: boolean | 'near'
  }
  interface FastifyRequest {
    principal: Principal | null
  }
}

const UNAUTHENTICATED = 'unauthenticated'
export const EXPIRED = problem(UNAUTHENTICATED, 'the token has expired')

type Authentication = Principal | Problem

const isProblem = (found: Authentication): found is Problem => 'code' in found

/** Adds the hook, and answers it for requests that come to no hook. */
export function authentication(
  app: FastifyInstance,
  tokens: Tokens | undefined,
): (request: FastifyRequest, reply: FastifyReply, next: () => void) => void {
  function decide(request: FastifyRequest, reply: FastifyReply, next: () => void): void {
    const { open } = request.routeOptions?.config ?? {}
    if (tokens === undefined || open === true || (open === 'near' && isNear(request.raw))) {
      request.principal = ANYONE
      return next()
    }
    const bearer = bearerOf(request.raw)
    const enter = (found: Authentication): void => {
      const refused = isProblem(found) ? found : open === 'near' ? refusedMeasures(found) : undefined
      if (refused) return refuse(reply, refused, bearer)
      request.principal = found as Principal
      next()
    }
    if (!('token' in bearer)) return enter(problem(UNAUTHENTICATED, bearer.missing))
    const known = tokens.known(bearer.token)
    if (known) return enter(known)
    tokens.verify(bearer.token).then(enter, (error: unknown) => {
      if (error instanceof TokenRefused) return enter(problem(UNAUTHENTICATED, error.message))
      if (error instanceof Unavailable) return enter(problem('unavailable', error.message, { retryAfterSeconds: RETRY_AFTER_SECONDS }))
      reply.send(error)
    })
  }
  app.decorateRequest('principal', null)
  app.addHook('onRequest', decide)
  return decide
}

function refuse(reply: FastifyReply, refused: Problem, bearer: Bearer): void {
  if (refused.code === UNAUTHENTICATED)
    reply.header(
      'www-authenticate',
      'token' in bearer ? `Bearer realm="strata", error="invalid_token", error_description="${refused.detail}"` : 'Bearer realm="strata"',
    )
  sendProblem(reply, refused)
}

/** Whoever sees all, or runs the server, may see what it counts. */
function refusedMeasures(principal: Principal): Problem | undefined {
  const may = (['operate', 'audit'] as const).some((scope) => principal.scopes.has(scope))
  return may ? undefined : problem('forbidden', refusal(principal, { to: 'operate' }) ?? 'this needs the scope operate')
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const

/** From this machine, and not passed on by a proxy that runs here, too. */
const isNear = ({ socket, headers }: IncomingMessage): boolean =>
  isLoopback(socket.remoteAddress ?? '') && FORWARDED.every((name) => headers[name] === undefined)
