import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { MAX_LINE_BYTES, textLines } from './text-lines.ts'

const folder = await mkdtemp(join(tmpdir(), 'strata-lines-'))
after(() => rm(folder, { recursive: true, force: true }))

async function read(content: string | Buffer): Promise<readonly (string | undefined)[]> {
  const file = join(folder, 'file')
  await writeFile(file, content)
  const lines: (string | undefined)[] = []
  for await (const { line, bytes } of textLines(file)) {
    lines.push(bytes?.toString())
    assert.equal(line, lines.length)
  }
  return lines
}

test('lines end with LF or CR LF, the last one with the file', async () => {
  assert.deepEqual(await read('a\r\n\nb\nc'), ['a', '', 'b', 'c'])
  assert.deepEqual(await read('a\n'), ['a'])
  assert.deepEqual(await read(''), [])
})

test('gzip is known by its content; a damaged file throws', async () => {
  const text = Array.from({ length: 50_000 }, (_, n) => `line ${n} ${Math.sin(n)}`).join('\n')
  assert.deepEqual(await read(gzipSync(text)), text.split('\n'))
  assert.deepEqual(await read(text), text.split('\n'))
  const packed = gzipSync(text)
  await assert.rejects(read(packed.subarray(0, packed.length / 2)), /can not be read: unexpected end of file/)
})

test('a line that is too long is left out, and told', async () => {
  const long = 'x'.repeat(MAX_LINE_BYTES)
  assert.deepEqual(await read(`a\n${long}\n${long}y\n${long}${long}\nb\n${long}y`), ['a', long, undefined, undefined, 'b', undefined])
})

test('a file that is not there throws', async () => {
  await assert.rejects(async () => {
    for await (const _ of textLines(join(folder, 'none'))) assert.fail()
  }, /can not be read: ENOENT/)
})
