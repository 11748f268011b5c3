// The README's tour, the tutorial, and guides, pasted into a shell beside a server on an empty data directory, as a reader would: every block marked `sh` runs, and prints what the page shows.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isAsShown, type Snippet, snippets } from './markdown.ts'

const root = join(import.meta.dirname, '..')
const PORT_OF_THE_PAGES = '127.0.0.1:7480'
/** What starts the server, or runs these tests, is not pasted: the server is there. */
const IS_START = /^npm ci\b/
const READY_WITHIN_MS = 60_000
const MARK = '\u0000'

let folder = ''
let server: ChildProcess | undefined
let address = ''
let environment: NodeJS.ProcessEnv = {}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-tutorial-'))
  await chmod(folder, 0o755) // as root, the database runs as another user
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('STRATA_'))
  environment = { ...Object.fromEntries(kept), STRATA_DATA_DIR: join(folder, 'data'), NO_COLOR: '1' }
  server = spawn(process.execPath, ['bin/strata.ts', 'start', '--demo'], {
    cwd: root,
    env: { ...environment, STRATA_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  address = await ready(server)
})

after(async () => {
  if (server && server.exitCode === null) {
    server.kill('SIGTERM')
    await once(server, 'exit')
  }
  await rm(folder, { recursive: true, force: true })
})

/** The address in the line that says so. */
function ready(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(() => reject(new Error(`the server is not ready:\n${said}`)), READY_WITHIN_MS)
    const listen = (chunk: Buffer): void => {
      said += chunk.toString()
      const found = /^ready http:\/\/(\S+) pid \d+$/m.exec(said)?.[1]
      if (found === undefined) return
      clearTimeout(timer)
      resolve(found)
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${said}`)))
  })
}

/** Runs all in one shell, so that what a snippet defines is there for the next; gives what each printed. */
async function paste(parts: readonly Snippet[]): Promise<readonly string[]> {
  const script = parts.map(({ script: text }) => `${text}\nprintf '\\0'\n`).join('')
  const bash = spawn('bash', ['-euo', 'pipefail', '-c', script.replaceAll(PORT_OF_THE_PAGES, address)], { cwd: root, env: environment })
  let output = ''
  let complaints = ''
  bash.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  bash.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  const [code] = (await once(bash, 'close')) as [number | null]
  const outputs = output.split(MARK)
  assert.equal(code, 0, `line ${parts[outputs.length - 1]?.line} failed:\n${outputs.at(-1)}${complaints}`)
  return outputs
}

for (const page of [
  'README.md',
  'docs/tutorial.md',
  'docs/guides/views.md',
  'docs/guides/market-data.md',
  'docs/guides/projections.md',
  'docs/guides/sink-postgres.md',
])
  test(`${page}: every snippet runs, and prints what it shows`, async () => {
    const parts = snippets(await readFile(join(root, page), 'utf8')).filter(({ script }) => !IS_START.test(script))
    assert.ok(parts.length > 0)
    const outputs = await paste(parts)
    const faults = parts.flatMap(({ expected, line }, n) =>
      expected === undefined || isAsShown(outputs[n] ?? '', expected)
        ? []
        : [`line ${line} shows\n${expected}\nand printed\n${outputs[n]}`],
    )
    assert.ok(faults.length === 0, `${page}, ${faults.join('\n')}`)
  })

test('the server stops when it is asked to, in peace', async () => {
  assert.ok(server)
  server.kill('SIGTERM')
  assert.deepEqual(await once(server, 'exit'), [0, null])
})
