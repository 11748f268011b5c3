// The linter's own configuration, tried on a folder in which every import that the design forbids is written down.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'

const root = join(import.meta.dirname, '..')
let folder = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-arrows-'))
  await copyFile(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** The rules that a file with this text breaks. */
async function broken(path: string, text: string): Promise<readonly string[]> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text)
  const oxlint = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint')
  const run = spawnSync(process.execPath, [oxlint, '--format=json', path], { cwd: folder, encoding: 'utf8' })
  assert.ok(run.stdout.startsWith('{'), run.stdout + run.stderr)
  const report = JSON.parse(run.stdout) as { readonly diagnostics: readonly { readonly code: string }[] }
  return report.diagnostics.map(({ code }) => code)
}

const forbidden: Readonly<Record<string, readonly string[]>> = {
  'ledger/x.ts': ['../commands/x.ts', '../projections/x.ts', '../replay/x.ts', '../bin/x.ts', 'strata-ledger/commands'],
  'ledger/entities/x.ts': ['../../commands/x.ts', '../../bin/x.ts', 'pg', 'kysely', 'fastify', 'node:fs', 'node:fs/promises', 'node:net'],
  'ledger/deep/er/x.ts': ['../../../commands/x.ts'],
  'commands/x.ts': ['../projections/x.ts', '../replay/x.ts', '../bin/x.ts', 'strata-ledger/replay'],
  'commands/http/x.ts': ['../../projections/x.ts', '../../replay/x.ts', '../../bin/x.ts'],
  'commands/any-kind.ts': ['../projections/x.ts', 'pg', 'kysely', 'fastify', 'node:fs', 'node:net'],
  'projections/x.ts': ['../commands/x.ts', '../replay/x.ts', '../bin/x.ts'],
  'projections/views/x.ts': ['../../commands/x.ts', 'pg', 'kysely', 'fastify', 'node:fs', 'node:net'],
  'projections/analytics/x.ts': ['../../commands/x.ts', 'pg', 'fastify', 'node:fs'],
  'projections/queries/x.ts': ['../../bin/x.ts', 'pg', 'fastify', 'node:fs'],
  'projections/consumer/x.ts': [
    '../fold.ts',
    '../../ledger/record.ts',
    '../../commands/x.ts',
    '../../test/database.ts',
    'strata-ledger',
    'pg',
    'zod',
  ],
  'projections/consumer/stores/x.ts': ['../../fold.ts', '../../sinks/sink.ts', '../../../ledger/record.ts', 'mongodb', 'kafkajs'],
  'replay/x.ts': ['../commands/x.ts', '../bin/x.ts'],
}
const allowed: Readonly<Record<string, readonly string[]>> = {
  'ledger/y.ts': ['./x.ts', 'pg', 'node:fs'],
  'ledger/entities/y.ts': ['../decimal.ts', 'zod', 'big.js'],
  'commands/http/y.ts': ['../../ledger/x.ts', 'fastify'],
  'commands/y.int.test.ts': ['../ledger/x.ts', 'pg', 'node:fs'],
  'commands/ticket.ts': ['../ledger/x.ts', './command.ts', 'zod'],
  'projections/y.ts': ['../ledger/x.ts', 'pg'],
  'projections/consumer/y.ts': ['./store.ts', './stores/memory.ts', 'node:timers/promises'],
  'projections/consumer/stores/y.ts': ['../store.ts', './z.ts'],
  'projections/consumer/stores/y.int.test.ts': ['../store.ts', '../../../test/database.ts', 'pg', 'mongodb'],
  'replay/y.ts': ['../ledger/x.ts', '../projections/x.ts'],
  'bin/y.ts': ['../ledger/x.ts', '../commands/x.ts', '../projections/x.ts', '../replay/x.ts'],
}
const RESTRICTED = 'eslint(no-restricted-imports)'

for (const [path, imports] of Object.entries(forbidden))
  for (const name of imports)
    test(`${path} must not import ${name}`, async () => {
      assert.deepEqual(await broken(path, `import { x } from '${name}'\nexport const y = x\n`), [RESTRICTED])
      assert.deepEqual(await broken(path, `export { x } from '${name}'\n`), [RESTRICTED])
    })

for (const [path, imports] of Object.entries(allowed))
  test(`${path} may import ${imports.join(', ')}`, async () => {
    assert.deepEqual(await broken(path, imports.map((name, n) => `export { x as x${n} } from '${name}'\n`).join('')), [])
  })

test('the consumer kit may know the types of the clients that it is handed', async () => {
  assert.deepEqual(await broken('projections/consumer/stores/y.ts', "import type { Pool } from 'pg'\nexport type Y = Pool\n"), [])
  assert.deepEqual(await broken('projections/consumer/stores/y.ts', "import type { Z } from '../../fold.ts'\nexport type Y = Z\n"), [
    RESTRICTED,
  ])
})

test('pure code has no clock, no chance and no network', async () => {
  for (const path of ['ledger/entities/x.ts', 'commands/account.ts', 'projections/views/x.ts']) {
    assert.deepEqual(await broken(path, 'export const y = Date.now()\n'), ['eslint(no-restricted-properties)'])
    assert.deepEqual(await broken(path, 'export const y = Math.random()\n'), ['eslint(no-restricted-properties)'])
    assert.deepEqual(await broken(path, "export const y = () => fetch('x')\n"), ['eslint(no-restricted-globals)'])
  }
})

test('no default exports, no any, no loose equality', async () => {
  assert.deepEqual(await broken('ledger/x.ts', 'export default 1\n'), ['import(no-default-export)'])
  assert.deepEqual(await broken('ledger/x.ts', 'export const f = (x: any): unknown => x\n'), ['typescript(no-explicit-any)'])
  assert.deepEqual(await broken('ledger/x.ts', 'export const f = (x: number): boolean => x == 1\n'), ['eslint(eqeqeq)'])
})
