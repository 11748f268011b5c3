// The console's files over HTTP: which there are, what a browser is told of them, and that there is nothing else.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import type { ConsoleKind } from './kinds.ts'
import { consoleRoutes } from './routes.ts'

let app: FastifyInstance
before(() => {
  app = Fastify()
  consoleRoutes(app)
})
after(() => app.close())

const get = (url: string, headers: Readonly<Record<string, string>> = {}) => app.inject({ url, headers })

/** The files that a file names: of the page its links, of a module its imports, relative to /console. */
function named(name: string, text: string): readonly string[] {
  const pattern = name === '' ? /(?:src|href)="([^"#]+\.\w+)"/g : /^import .*'(\.[^']+)'$/gm
  return [...text.matchAll(pattern)].map(([, target = '']) =>
    new URL(target, `http://x/console${name && `/${name}`}`).pathname.replace('/console/', ''),
  )
}

test('the page and each file that it needs, each with its type; nothing from elsewhere', async () => {
  const types: Readonly<Record<string, string>> = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' }
  const page = await get('/console')
  assert.match(String(page.headers['content-type']), /^text\/html/)
  assert.doesNotMatch(page.body, /(src|href)="(\w+:)?\/\//)
  const seen = new Set(named('', page.body))
  assert.ok(seen.has('main.js') && seen.has('style/theme.css'))
  for (const name of seen) {
    const file = await get(`/console/${name}`)
    assert.equal(file.statusCode, 200, name)
    assert.ok(String(file.headers['content-type']).startsWith(types[name.split('.').at(-1) ?? ''] ?? '?'), name)
    for (const other of named(name, file.body)) seen.add(other)
  }
  assert.ok(seen.has('pages/health.js') && seen.size > 30, [...seen].join())
})

test('the library that draws: as it is installed, loaded with the first picture, and it makes no markup of text', async () => {
  assert.match((await get('/console/parts/chart.js')).body, /await import\('\.\.\/lib\/uplot\.js'\)/)
  const { statusCode, headers, body } = await get('/console/lib/uplot.js')
  assert.deepEqual([statusCode, headers['content-type']], [200, 'text/javascript; charset=utf-8'])
  assert.match(body, /export \{ uPlot as default \}/)
  assert.doesNotMatch(body, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/)
})

test('a policy that runs own files only, and takes no text for markup', async () => {
  const policy = String((await get('/console')).headers['content-security-policy'])
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ])
    assert.ok(policy.includes(part), part)
  assert.doesNotMatch(policy, /unsafe|\*|https?:/)
})

test('a file that is known is not sent again', async () => {
  for (const url of ['/console', '/console/main.js', '/console/kinds.json']) {
    const { headers, body } = await get(url)
    const tag = String(headers.etag)
    const again = await get(url, { 'if-none-match': `"x", W/${tag}` })
    assert.deepEqual([again.statusCode, again.body], [304, ''], url)
    assert.equal((await get(url, { 'if-none-match': '"other"' })).body, body)
  }
})

test('nothing else of the folder, and nothing outside of it', async () => {
  const others = [
    'tsconfig.json',
    'types.ts',
    'router.unit.test.ts',
    'index.html',
    'pages/',
    'pages',
    '',
    '../routes.ts',
    '../README.md',
    '..%2froutes.ts',
    '%2e%2e/routes.ts',
  ]
  const climbing = [
    '../../package.json',
    '..%2f..%2f..%2fpackage.json',
    '....//....//package.json',
    '..\\..\\package.json',
    'style/../../routes.ts',
    '%00main.js',
    'main.js%00',
    'main.js/',
    'MAIN.JS',
  ]
  for (const name of [...others, ...climbing]) {
    const { statusCode, body } = await get(`/console/${name}`)
    assert.equal(statusCode, 404, `${name}: ${body.slice(0, 60)}`)
  }
})

test('every kind of the registry is told: filters, with their values, and fields in order', async () => {
  const kinds = (await get('/console/kinds.json')).json<readonly ConsoleKind[]>()
  assert.deepEqual(
    kinds.map(({ kind }) => kind),
    ['account', 'backtest', 'bar', 'deadletter', 'signal', 'ticket', 'trade'],
  )
  const trade = kinds.find(({ kind }) => kind === 'trade')
  assert.deepEqual(trade?.filters[0], { name: 'status', values: ['open', 'partial', 'filled', 'cancelled'] })
  assert.deepEqual(trade?.filters[1], { name: 'instrument' })
  assert.deepEqual(
    trade?.fields.slice(0, 3).map(({ name }) => name),
    ['owner', 'instrument', 'side'],
  )
  const execution = trade?.fields.find(({ name }) => name === 'executions')?.fields
  assert.deepEqual(execution?.find(({ name }) => name === 'market')?.fields, [{ name: 'bid' }, { name: 'ask' }])
  assert.deepEqual(trade?.events['TradeReduced'], [{ name: 'quantity' }])
})
