// Promises: the generated files of docs/reference, and the board of monitoring/, made from the code.
//   node scripts/docs-reference.ts           writes them; refuses where a shape would change in a way that breaks readers
//   node scripts/docs-reference.ts --check   says which are out of date, and exits with 1

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { dashboard } from '../monitoring/dashboard.ts'
import { asyncApi } from './reference/asyncapi.ts'
import { commandLinePage } from './reference/command-line-page.ts'
import { commandsPage } from './reference/commands-page.ts'
import { eventsPage } from './reference/events-page.ts'
import { metricsPage } from './reference/metrics-page.ts'
import { openApiDocument } from './reference/openapi.ts'
import { problemsPage } from './reference/problems-page.ts'
import { queriesPage } from './reference/queries-page.ts'
import { settingsPage } from './reference/settings-page.ts'
import { shapeChanges } from './reference/shape-changes.ts'
import { shapeFiles } from './reference/shapes.ts'
import { viewsPage } from './reference/views-page.ts'

export const folder = join(import.meta.dirname, '..', 'docs', 'reference')

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Every generated file, by its path from docs/reference. */
async function generated(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['commands.md', commandsPage()],
    ['events.md', eventsPage()],
    ['problems.md', problemsPage()],
    ['views.md', viewsPage()],
    ['queries.md', queriesPage()],
    ['settings.md', settingsPage()],
    ['metrics.md', metricsPage()],
    ['../../monitoring/dashboard.json', json(dashboard())],
    ['command-line.md', commandLinePage()],
    ['openapi.json', json(await openApiDocument())],
    ['asyncapi.json', json(asyncApi())],
    ...Object.entries(shapeFiles()).map(([path, schema]) => [path, json(schema)] as const),
  ])
}

/** Paths of the files that are not what the code says. */
export async function stalePages(): Promise<readonly string[]> {
  const stale: string[] = []
  for (const [path, text] of await generated()) if ((await readFile(join(folder, path), 'utf8').catch(() => '')) !== text) stale.push(path)
  return stale
}

async function write(): Promise<void> {
  for (const [path, text] of await generated()) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

if (import.meta.main) {
  const broken = await shapeChanges(folder)
  const stale = process.argv.includes('--check') ? await stalePages() : []
  for (const sentence of broken) console.error(sentence)
  for (const path of stale) console.error(`docs/reference/${path} is out of date: npm run -s docs`)
  if (broken.length + stale.length > 0) process.exitCode = 1
  else if (!process.argv.includes('--check')) await write()
}
