// Promises: a fuzzer that reads the API's description (schemathesis) finds no answer that the description does not have, and no fault: status, content type, headers and shape of every answer.
//   npm run fuzz
// STRATA_TEST_SCHEMATHESIS: the program, else it is looked for on the PATH. Without it nothing is tried, which is said aloud; in CI that fails. scripts/fuzz/requirements.txt pins it.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]
const SECONDS = 100
const EXAMPLES = 15
const SEED = 1
const READY_WITHIN_MS = 60_000
const FAULT = 'fault of the server'

const root = join(import.meta.dirname, '..')
const program = process.env['STRATA_TEST_SCHEMATHESIS'] ?? 'schemathesis'

if (spawnSync(program, ['--version']).status === 0) process.exitCode = await fuzz()
else {
  console.error(
    `SKIPPED: there is no ${program}, so the API was not fuzzed. pip install -r scripts/fuzz/requirements.txt, in a venv; name it in STRATA_TEST_SCHEMATHESIS.`,
  )
  process.exitCode = process.env['CI'] ? 1 : 0
}

async function fuzz(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'strata-fuzz-'))
  await chmod(folder, 0o755) // as root, the database runs as another user
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('STRATA_'))
  const server = spawn(process.execPath, [join(root, 'bin', 'strata.ts'), 'start', '--demo'], {
    env: { ...Object.fromEntries(kept), STRATA_DATA_DIR: join(folder, 'data'), STRATA_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  server.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  try {
    const url = await ready(server, () => said)
    const code = await run(url, folder)
    if (server.exitCode !== null) console.error(`the server ended with ${server.exitCode}`)
    const faults = said.split('\n').filter((line) => line.includes(FAULT))
    for (const fault of faults) console.error(fault)
    return code !== 0 || server.exitCode !== null || faults.length > 0 ? 1 : 0
  } finally {
    if (server.exitCode === null && server.kill('SIGTERM')) await once(server, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
}

async function run(url: string, cwd: string): Promise<number> {
  const options = [
    `--checks=${CHECKS.join(',')}`,
    `--max-examples=${EXAMPLES}`,
    `--max-time=${SECONDS}`,
    `--seed=${SEED}`,
    '--suppress-health-check=all',
    '--continue-on-failure',
    '--no-color',
  ]
  const child = spawn(program, ['run', `${url}/openapi.json`, ...options], {
    cwd,
    env: { ...process.env, SCHEMATHESIS_HOOKS: 'hooks', PYTHONPATH: join(root, 'scripts', 'fuzz'), PYTHONDONTWRITEBYTECODE: '1' },
    stdio: 'inherit',
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}

function ready(server: ChildProcess, said: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => reject(new Error(`the server is not ready:\n${said()}`)), READY_WITHIN_MS)
    server.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${said()}`)))
    server.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const url = /^ready (http:\/\/\S+) pid \d+$/m.exec(text)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    })
  })
}
