// Follows docs/guides/add-a-kind.md on a copy of the checkout, to the letter: its blocks become files, its diffs are applied, its commands are run. Then uses the new kind as a user would.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import pg from 'pg'
import { testDatabase, type TestDatabase } from '../../test/database.ts'
import { fences, isAsShown, snippets } from '../markdown.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')
const registries = ['commands/registered.ts', 'ledger/entities/registered.ts']
const READY_WITHIN_MS = 60_000

const guide = await readFile(join(import.meta.dirname, 'add-a-kind.md'), 'utf8')
const blocks = fences(guide)
const made = blocks.filter(({ language, info }) => info !== '' && language !== 'diff')
const diffs = blocks.filter(({ language }) => language === 'diff')

/** In place of the check of everything, whose other findings are no business of this test. */
const touched = [...made.filter(({ language }) => language === 'ts').map(({ info }) => info), ...registries].join(' ')
const CHECK_OF_THE_KIND = `bin=node_modules/.bin; $bin/tsc && $bin/oxlint --type-aware --deny-warnings ${touched} && $bin/prettier --check --log-level warn ${touched}`

let copy = ''
let database: TestDatabase
let environment: NodeJS.ProcessEnv = {}

before(async () => {
  copy = await mkdtemp(join(tmpdir(), 'strata-guide-'))
  await chmod(copy, 0o755)
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  for (const file of new Set(stdout.split('\0').filter((name) => name !== '')))
    await cp(join(root, file), join(copy, file)).catch((error: NodeJS.ErrnoException) => assert.equal(error.code, 'ENOENT')) // deleted, and not yet from the index
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  database = await testDatabase({ migrate: false })
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('STRATA_') || name.startsWith('STRATA_TEST_'))
  environment = { ...Object.fromEntries(kept), STRATA_DATABASE_URL: database.url, NO_COLOR: '1' }
})

after(async () => {
  await database?.drop()
  await rm(copy, { recursive: true, force: true })
})

const bash = async (script: string): Promise<string> => {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: copy, env: environment }).catch(
    (error: { readonly stdout: string; readonly stderr: string }) => assert.fail(`${script}\n${error.stdout}${error.stderr}`),
  )
  return stdout
}

/** A diff's new lines, put behind the line that it shows before them. */
function patched(text: string, diff: string): string {
  const lines = text.split('\n')
  let at = -1
  for (const line of diff.trimEnd().split('\n')) {
    if (line.startsWith('+')) lines.splice(++at, 0, line.slice(1))
    else {
      at = lines.indexOf(line.slice(1))
      assert.ok(at >= 0, `there is no line ${line.slice(1)}`)
    }
  }
  return lines.join('\n')
}

test('the guide makes files of the kind only, and touches nothing but the registries', async () => {
  for (const { info, text } of made) {
    assert.match(info, /^(ledger\/entities|commands)\/note\.[a-z.]+$/)
    await assert.rejects(readFile(join(copy, info)), { code: 'ENOENT' })
    await mkdir(dirname(join(copy, info)), { recursive: true })
    await writeFile(join(copy, info), text)
  }
  assert.deepEqual([...new Set(diffs.map(({ info }) => info))].sort(), registries)
  for (const { info, text } of diffs) await writeFile(join(copy, info), patched(await readFile(join(copy, info), 'utf8'), text))
  for (const registry of registries) {
    const was = (await readFile(join(root, registry), 'utf8')).split('\n')
    const is = (await readFile(join(copy, registry), 'utf8')).split('\n')
    const added = is.filter((line) => !was.includes(line))
    assert.deepEqual(
      is.filter((line) => was.includes(line)),
      was,
    )
    assert.equal(added.length, 1)
  }
})

test('its commands run, and print what it shows', async () => {
  await bash('npm run -s strata -- migrate')
  for (const { script, expected } of snippets(guide)) {
    const output = await bash(script.replace('npm run -s check', CHECK_OF_THE_KIND))
    if (expected !== undefined) assert.ok(isAsShown(output, expected), `shown\n${expected}\nprinted\n${output}`)
  }
  assert.match(await readFile(join(copy, 'docs/reference/commands.md'), 'utf8'), /^`POST \/v1\/notes\/\{id\}\/revise`$/m)
  assert.match(await readFile(join(copy, 'docs/reference/asyncapi.json'), 'utf8'), /"NoteRevised": \{/)
  assert.match(await readFile(join(copy, 'docs/reference/schemas/note/v1/state.json'), 'utf8'), /"revisions": \{/)
})

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

test('its commands can be imported', async () => {
  const lines = [1, 2].map((n) => JSON.stringify({ command: 'WriteNote', entityId: `note:dave:N-${n}`, data: { text: `line ${n}` } }))
  await writeFile(join(copy, 'notes.ndjson'), lines.join('\n'))
  const result = JSON.parse(await bash('npm run -s strata -- import ndjson notes.ndjson --json')) as { readonly applied: number }
  assert.equal(result.applied, 2)
})

test('the kind has its routes, lists, history, bulk form and view', async () => {
  const server = spawn(process.execPath, ['bin/strata.ts', 'start'], {
    cwd: copy,
    env: { ...environment, STRATA_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    const address = await ready(server)
    const ask = async (path: string, body?: object): Promise<Answer> => {
      const init = body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
      const response = await fetch(`${address}/v1${path}`, init)
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    const { paths } = (await (await fetch(`${address}/openapi.json`)).json()) as { readonly paths: object }
    for (const path of ['/v1/notes', '/v1/notes/{id}', '/v1/notes/{id}/revise']) assert.ok(path in paths, path)
    const written = await ask('/notes', { owner: 'bob', noteId: 'N-1', topic: 'fx', text: 'hedge' })
    assert.equal(written.status, 201)
    assert.equal((await ask('/notes/note:bob:N-1/revise', { text: 'hedge EUR' })).status, 200)
    assert.deepEqual((await ask('/notes/note:bob:N-1')).body['state'], { owner: 'bob', topic: 'fx', text: 'hedge EUR', revisions: 1 })
    assert.deepEqual((await ask('/notes/note:bob:N-1?version=1')).body['state'], { owner: 'bob', topic: 'fx', text: 'hedge', revisions: 0 })
    assert.equal((await ask('/notes', { owner: 'bob', text: '' })).status, 400)
    assert.equal((await ask('/trades/note:bob:N-1')).status, 400)
    const ids = async (path: string, member: string): Promise<readonly unknown[]> =>
      ((await ask(path)).body[member] as readonly { readonly entityId: string }[]).map(({ entityId }) => entityId)
    assert.deepEqual(await ids('/notes?topic=fx', 'data'), ['note:bob:N-1'])
    assert.deepEqual(await ids('/notes', 'data'), ['note:dave:N-2', 'note:dave:N-1', 'note:bob:N-1', 'note:alice:N-1'])
    assert.equal((await ids('/entities/note:bob:N-1/history', 'versions')).length, 2)
    assert.deepEqual(await ids('/feed?kinds=note&owner=bob', 'versions'), ['note:bob:N-1', 'note:bob:N-1'])
    const lines = [1, 2]
      .map((n) => JSON.stringify({ command: 'WriteNote', entityId: `note:carol:N-${n}`, data: { text: `line ${n}` } }))
      .join('\n')
    const bulk = await fetch(`${address}/v1/commands`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: lines })
    assert.deepEqual(
      (await bulk.text())
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { status: number }).status),
      [201, 201],
    )
  } finally {
    server.kill('SIGTERM')
    if (server.exitCode === null) await once(server, 'exit')
  }
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    const { rows } = await client.query('select owner, topic, text, revisions from ledger.notes where owner <> $1 order by entity_id', [
      'dave',
    ])
    assert.deepEqual(rows, [
      { owner: 'alice', topic: 'risk', text: 'watch MSFT', revisions: 1 },
      { owner: 'bob', topic: 'fx', text: 'hedge EUR', revisions: 1 },
      { owner: 'carol', topic: null, text: 'line 1', revisions: 0 },
      { owner: 'carol', topic: null, text: 'line 2', revisions: 0 },
    ])
  } finally {
    await client.end()
  }
})

/** The address in the line that says so. */
function ready(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => reject(new Error(`the server is not ready:\n${said}`)), READY_WITHIN_MS)
    const listen = (chunk: Buffer): void => {
      said += chunk.toString()
      const found = /^ready (http:\/\/\S+) pid \d+$/m.exec(said)?.[1]
      if (found === undefined) return
      clearTimeout(timer)
      resolve(found)
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${said}`)))
  })
}
