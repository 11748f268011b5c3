// Collects what every route says of itself, as it is registered, and answers GET /openapi.json with the whole.
import type { FastifyInstance } from 'fastify'
import type { Operation } from '../../../ledger/description/operation.ts'
import { routePattern } from '../route-pattern.ts'
import { openApi, type DescribedRoute, type DocumentOptions, type OpenApi } from './document.ts'

/** To be called before any route is registered. The answer: the document, once all are. */
export function describedRoutes(app: FastifyInstance, options: DocumentOptions): () => OpenApi {
  const routes: DescribedRoute[] = []
  app.addHook('onRoute', ({ method, url, config }) => {
    const operation = config?.operation
    if (operation === undefined) return
    for (const one of [method].flat()) if (one !== 'HEAD') routes.push({ method: one, path: routePattern(url), operation })
  })
  const document = (): OpenApi => openApi(routes, options)
  let text: string | undefined
  app.get('/openapi.json', { config: { open: true, operation: ownOperation } }, (_, reply) =>
    reply.type('application/json; charset=utf-8').send((text ??= JSON.stringify(document()))),
  )
  return document
}

const ownOperation: Operation = {
  id: 'getOpenApi',
  tag: 'server',
  summary: 'This description',
  parameters: [],
  answers: { 200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } } },
  problems: ['invalid_request', 'internal_error'],
  scopes: [],
}
