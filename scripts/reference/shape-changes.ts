// What today's kinds do to the shapes that were published: for each schema version a kind ever had there is a folder of shapes; those of today's version change by additions only; and every earlier
// version has an upcaster that lifts what is stored in it.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonSchema } from '../../ledger/description/component.ts'
import { kinds } from '../../ledger/entities/index.ts'
import type { Kind } from '../../ledger/kind.ts'
import { breaks } from './compatible.ts'
import { shapesOf, versionFolder } from './shapes.ts'

/** Published shapes of a kind's version, by name; undefined: there are none. */
async function published(folder: string): Promise<ReadonlyMap<string, JsonSchema> | undefined> {
  const names = await readdir(folder).catch(() => undefined)
  if (names === undefined) return undefined
  const read = names
    .filter((name) => name.endsWith('.json'))
    .map(async (name) => [name.slice(0, -'.json'.length), JSON.parse(await readFile(join(folder, name), 'utf8')) as JsonSchema] as const)
  return new Map(await Promise.all(read))
}

const way = ({ kind, schemaVersion }: Kind): string =>
  `raise schemaVersion of ${kind} to ${schemaVersion + 1}, add upcasters[${schemaVersion}], and run: npm run -s docs`

/** What is wrong with a kind, a sentence each. `folder`: docs/reference. */
async function wrongWith(kind: Kind, folder: string): Promise<readonly string[]> {
  const found: string[] = []
  const before = await published(join(folder, versionFolder(kind, kind.schemaVersion)))
  const now = shapesOf(kind)
  for (const [name, schema] of before ?? []) {
    const today = now.get(name)
    const broken = today === undefined ? ['is gone'] : breaks(schema, today)
    for (const sentence of broken) found.push(`${kind.kind} ${name}, version ${kind.schemaVersion}: ${sentence}; ${way(kind)}`)
  }
  for (let version = 1; version < kind.schemaVersion; version++) {
    const { event, state } = kind.upcasters[version] ?? {}
    if (event === undefined && state === undefined) found.push(`${kind.kind} has no upcasters[${version}]`)
    if ((await published(join(folder, versionFolder(kind, version)))) === undefined)
      found.push(`docs/reference/${versionFolder(kind, version)} is gone: shapes that were published stay`)
  }
  return found
}

export async function shapeChanges(folder: string, all: readonly Kind[] = Object.values(kinds)): Promise<readonly string[]> {
  return (await Promise.all(all.map((kind) => wrongWith(kind, folder)))).flat()
}
