import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { tarFiles } from './tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'strata-tar-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const deep = join('a'.repeat(70), 'b'.repeat(70), 'c'.repeat(70))
const files: Readonly<Record<string, string>> = {
  'one.csv': 'x'.repeat(512),
  'two.csv': 'y'.repeat(513),
  'empty.csv': '',
  [join('sub', 'ünï.csv')]: 'z',
  [join(deep, 'deep.csv')]: 'far down',
}
mkdirSync(join(folder, 'sub'))
mkdirSync(join(folder, deep), { recursive: true })
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
const packed = (format: string): Buffer => execFileSync('tar', ['-cf', '-', `--format=${format}`, '-C', folder, ...Object.keys(files)])

/** In pieces of a size that fits nothing. */
async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 301) yield bytes.subarray(at, at + 301)
}
async function unpacked(bytes: Buffer): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {}
  for await (const { name, content } of tarFiles(pieces(bytes))) found[name] = Buffer.concat(await Array.fromAsync(content)).toString()
  return found
}

for (const format of ['gnu', 'pax', 'ustar'])
  test(`an archive in the format ${format}, as tar makes it`, async () => assert.deepEqual(await unpacked(packed(format)), files))

test('a file that nobody reads to its end does not shift the next', async () => {
  const names: string[] = []
  for await (const { name, content } of tarFiles(pieces(packed('gnu')))) {
    names.push(name)
    if (names.length === 2) for await (const _ of content) break
  }
  assert.deepEqual(names, Object.keys(files))
})

test('what is cut, or no archive, is told', async () => {
  await assert.rejects(unpacked(packed('gnu').subarray(0, 900)), /the archive is cut/)
  await assert.rejects(unpacked(packed('gnu').subarray(0, 100)), /damaged, or no tar archive/)
  await assert.rejects(unpacked(Buffer.from('date,open\n'.repeat(100))), /damaged, or no tar archive/)
})
