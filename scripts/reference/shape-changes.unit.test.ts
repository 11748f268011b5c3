import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import type { Kind } from '../../ledger/kind.ts'
import { folder as reference } from '../docs-reference.ts'
import { shapeChanges } from './shape-changes.ts'
import { shapePath, shapesOf } from './shapes.ts'

let folder = ''
after(() => rm(folder, { recursive: true, force: true }))

const note: Kind = {
  kind: 'note',
  plural: 'notes',
  schemaVersion: 1,
  upcasters: {},
  state: z.strictObject({ owner: z.string(), text: z.string() }),
  events: { NoteWritten: z.strictObject({ text: z.string() }), NoteRead: z.strictObject({}) },
  evolve: () => ({}),
  filters: [],
}

async function publish(kind: Kind): Promise<void> {
  for (const [name, schema] of shapesOf(kind)) {
    const path = join(folder, shapePath(kind, name))
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, JSON.stringify(schema))
  }
}
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strata-shapes-'))
  await publish(note)
})

const said = async (changed: Partial<Kind>): Promise<string> => (await shapeChanges(folder, [{ ...note, ...changed }])).join('\n')
const written = (schema: z.ZodType): Partial<Kind> => ({ events: { ...note.events, NoteWritten: schema } })

test('the shapes of this checkout change nothing that was published', async () => assert.deepEqual(await shapeChanges(reference), []))

test('additions that may be left out are welcome: members, and events', async () => {
  assert.equal(await said(written(z.strictObject({ text: z.string(), topic: z.string().optional() }))), '')
  assert.equal(await said({ events: { ...note.events, NoteShared: z.strictObject({}) } }), '')
})

test('what breaks readers is refused, and the way is told', async () => {
  const way = /raise schemaVersion of note to 2, add upcasters\[1\], and run: npm run -s docs/
  for (const schema of [
    z.strictObject({}),
    z.strictObject({ text: z.number() }),
    z.strictObject({ text: z.string(), topic: z.string() }),
    z.strictObject({ text: z.string().optional() }),
  ])
    assert.match(await said(written(schema)), way)
  assert.match(await said({ state: z.strictObject({ owner: z.string() }) }), way)
  assert.match(await said({ events: { NoteWritten: note.events['NoteWritten'] ?? z.never() } }), /note NoteRead, version 1: is gone/)
})

test('a new schema version needs an upcaster, and the old shapes', async () => {
  const changed = { ...written(z.strictObject({ text: z.number() })), schemaVersion: 2 }
  assert.match(await said(changed), /^note has no upcasters\[1\]$/)
  assert.match(await said({ ...changed, upcasters: { 1: {} } }), /^note has no upcasters\[1\]$/)
  assert.equal(await said({ ...changed, upcasters: { 1: { event: (event) => event } } }), '')
  assert.match(
    await said({ ...changed, schemaVersion: 3, upcasters: { 1: { event: (event) => event }, 2: { event: (event) => event } } }),
    /^docs\/reference\/schemas\/note\/v2 is gone/,
  )
})
