// GET /console: the audit console. Its files are read once, when the routes are registered, and each has a route of its own: what is not in the folder then can not be asked for.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, sep } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ANY_PROBLEMS, type Operation } from '../../ledger/description/operation.ts'
import { consoleKinds } from './kinds.ts'

const FOLDER = new URL('page/', import.meta.url)
const START = 'index.html'
const START_TYPE = 'text/html; charset=utf-8'
/** Files of other names (types, tests, settings) are for who works on the page. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Files of libraries that the page uses, as they are installed. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'lib/uplot.js': 'uplot/dist/uPlot.esm.js',
  'lib/uplot.css': 'uplot/dist/uPlot.min.css',
}

/** Its own files and this server, nothing else; and no text ever becomes markup (trusted types), so what the ledger holds can not run. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const operation: Operation = {
  id: 'getConsole',
  tag: 'server',
  summary: 'The audit console: a page to look at entities, their history and the live feed',
  description: 'The page holds no data: what it shows it asks for as anybody else, with the token that it is given.',
  parameters: [],
  answers: { 200: { description: 'The page.', content: { 'text/html': { schema: { type: 'string' } } } } },
  problems: ANY_PROBLEMS,
  scopes: [],
}

export function consoleRoutes(app: FastifyInstance): void {
  const page = file(START_TYPE, readFileSync(new URL(START, FOLDER)))
  app.get('/console', { config: { open: true, operation } }, (request, reply) =>
    sendFile(request, reply.header('content-security-policy', POLICY), page),
  )
  for (const [name, found] of files())
    app.get(`/console/${name}`, { config: { open: true } }, (request, reply) => sendFile(request, reply, found))
}

interface File {
  readonly type: string
  readonly content: Buffer
  readonly tag: string
}

const file = (type: string, content: Buffer): File => ({
  type,
  content,
  tag: `"${createHash('sha256').update(content).digest('base64url')}"`,
})

function* files(): Generator<readonly [name: string, found: File]> {
  for (const path of readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })) {
    const name = path.replaceAll(sep, '/')
    const type = TYPES[extname(name)]
    if (type !== undefined) yield [name, file(type, readFileSync(new URL(name, FOLDER)))]
  }
  for (const [name, installed] of Object.entries(LIBRARIES))
    yield [name, file(TYPES[extname(name)] ?? '', readFileSync(new URL(import.meta.resolve(installed))))]
  yield ['kinds.json', file('application/json; charset=utf-8', Buffer.from(JSON.stringify(consoleKinds())))]
}

/** With every answer's `no-cache`: kept by the browser, and asked for again each time, so that page and server are of one version. */
function sendFile(request: FastifyRequest, reply: FastifyReply, { type, content, tag }: File): FastifyReply {
  reply.header('etag', tag)
  return request.headers['if-none-match']?.includes(tag) ? reply.code(304).send() : reply.type(type).send(content)
}
