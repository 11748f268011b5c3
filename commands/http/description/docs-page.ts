// GET /docs: a page to read the description and to try it, without anything from elsewhere: Swagger UI's files come from the npm package. The page runs no script and no style but its own files.
import { createReadStream } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { ANY_PROBLEMS, type Operation } from '../../../ledger/description/operation.ts'

const ASSETS = new URL('static/', import.meta.resolve('@fastify/swagger-ui/package.json'))
const CACHE = 'public, max-age=3600'
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Strata API</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="docs/swagger-ui.css" />
  </head>
  <body>
    <div id="ui"></div>
    <noscript>This page needs JavaScript. <a href="openapi.json">The description itself</a> does not.</noscript>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
`

const START = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#ui', deepLinking: true, docExpansion: 'none', validatorUrl: null, defaultModelsExpandDepth: 0, filter: true })\n`

const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
}

const operation: Operation = {
  id: 'getDocs',
  tag: 'server',
  summary: 'A page to read this description and to try it',
  parameters: [],
  answers: { 200: { description: 'The page.', content: { 'text/html': { schema: { type: 'string' } } } } },
  problems: ANY_PROBLEMS,
  scopes: [],
}

export function docsPage(app: FastifyInstance): void {
  app.get('/docs', { config: { open: true, operation } }, (_, reply) =>
    reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(PAGE),
  )
  app.get('/docs/start.js', { config: { open: true } }, (_, reply) =>
    reply.header('cache-control', CACHE).type('text/javascript; charset=utf-8').send(START),
  )
  for (const [name, type] of Object.entries(files))
    app.get(`/docs/${name}`, { config: { open: true } }, (_, reply) =>
      reply
        .header('cache-control', CACHE)
        .type(type)
        .send(createReadStream(new URL(name, ASSETS))),
    )
}
