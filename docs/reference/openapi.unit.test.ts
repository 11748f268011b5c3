import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { routes } from '../../bin/routes.ts'
import { buildServer } from '../../commands/http/server.ts'
import { problemKinds } from '../../commands/problem.ts'
import { commands } from '../../commands/registry.ts'
import { rejections } from '../../commands/rejection.ts'
import { kinds } from '../../ledger/entities/index.ts'
import type { Ledger } from '../../ledger/index.ts'

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, unknown>>
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: Readonly<Record<string, unknown>> }>> }
}
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

let app: FastifyInstance
let document: Document
before(async () => {
  app = buildServer({ ledger: { partitions: 16 } as unknown as Ledger, auth: 'none', routes: routes([]) })
  document = (await app.inject('/openapi.json')).json()
})
after(() => app.close())

const operations = (): readonly Operation[] => Object.values(document.paths).flatMap((methods) => Object.values(methods))

test('every route is described, but the files of the page that shows the description', () => {
  const isAsset = (path: string): boolean => path.startsWith('/docs/')
  const paths: string[] = []
  const parts: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = '', methods] = /^([│├└─\s]*)(\S+)(?: \((.+)\))?$/.exec(line) ?? []
    const depth = indent.length / 4
    parts.splice(depth - 1, parts.length, part)
    if (methods !== undefined) paths.push(parts.join(''))
  }
  const described = [...new Set(paths)].filter((path) => !isAsset(path)).map((path) => path.replaceAll(/:(\w+)/g, '{$1}'))
  assert.deepEqual(described.sort(), Object.keys(document.paths).sort())
})

test('every kind has its reads and its commands, every command its example', () => {
  assert.match(document.openapi, /^3\.1\./)
  for (const { plural } of Object.values(kinds))
    for (const path of [`/v1/${plural}`, `/v1/${plural}/{id}`]) assert.ok(document.paths[path]?.['get'], path)
  for (const { name, route, data, example } of commands) {
    const operation = document.paths[`/v1${route}`]?.['post']
    assert.ok(operation, name)
    assert.ok(example, `${name} has no example`)
    assert.ok(data.safeParse(example).success, `the example of ${name}`)
    assert.ok(operation.requestBody?.content['application/json']?.example, name)
  }
})

test('every operation has a name of its own, and every code of a problem is found in one', () => {
  const names = operations().map(({ operationId }) => operationId)
  assert.equal(new Set(names).size, names.length)
  const known = Object.keys(document.components['examples'] ?? {})
  // stands in lines only
  const codes = [...Object.keys(problemKinds), ...Object.keys(rejections)].filter((code) => code !== 'aborted')
  assert.deepEqual(
    codes.filter((code) => !known.includes(code)),
    [],
  )
  for (const { operationId, responses } of operations())
    for (const status of ['200', '400', '500']) assert.ok(responses[status], `${operationId} ${status}`)
})

test('the page loads nothing from elsewhere, and its files are there', async () => {
  const page = await app.inject('/docs')
  assert.match(page.body, /<html/)
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; script-src 'self'; style-src 'self';/)
  const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link).filter((link) => !link.startsWith('data:'))
  assert.ok(files.length >= 3)
  for (const file of files) {
    assert.doesNotMatch(file, /^\w+:|^\/\//)
    const answer = await app.inject(`/${file}`)
    assert.equal(answer.statusCode, 200, file)
    assert.ok(answer.body.length > 100, file)
  }
})
