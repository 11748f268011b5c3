// Promises: a Fastify without the server around it: routes under test, asked by anyone, and the classes that they throw as plain JSON.
import Fastify, { type FastifyInstance } from 'fastify'
import { InTheFuture, InvalidRequest, NotFound } from '../ledger/failure.ts'
import { ForeignPlace } from '../ledger/feed-place.ts'
import { ANYONE } from '../ledger/principal.ts'

export function bareApp(): FastifyInstance {
  const app = Fastify({ routerOptions: { maxParamLength: 1_000 } })
  app.addHook('onRequest', (request, _, done) => {
    Object.assign(request, { principal: ANYONE })
    done()
  })
  app.setErrorHandler((error, _, reply) => {
    if (error instanceof InvalidRequest)
      return reply.code(400).send({ code: 'invalid_request', detail: error.message, errors: error.errors })
    if (error instanceof InTheFuture) return reply.code(400).send({ code: 'invalid_request', detail: error.message })
    if (error instanceof ForeignPlace) return reply.code(400).send({ code: 'foreign_cursor', detail: error.message })
    if (error instanceof NotFound) return reply.code(404).send({ code: 'not_found', detail: error.message, entityId: error.entityId })
    return reply.code(500).send({ code: 'bug', detail: String(error) })
  })
  return app
}
