import assert from 'node:assert/strict'
import { glob, readFile, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fences } from './markdown.ts'

const root = join(import.meta.dirname, '..')
const LINK = /\[[^\]]*\]\(([^()\s]+)\)/g
const isExcluded = (path: string): boolean => /(^|[/\\])(node_modules|\.strata|\.git|bench[/\\]results)$/.test(path)

const pages = new Map<string, string>()
for await (const path of glob('**/*.md', { cwd: root, exclude: isExcluded })) pages.set(path, await readFile(join(root, path), 'utf8'))

const withoutCode = (page: string): string => fences(page).reduce((text, { text: code }) => text.replace(code, ''), page)

/** As GitHub makes them. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/`|\*/g, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (page: string): readonly string[] =>
  [...withoutCode(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))

/** What is wrong with a link of a page; undefined: nothing. */
async function fault(page: string, target: string): Promise<string | undefined> {
  if (/^(https?:|mailto:)/.test(target)) return undefined
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : relative(root, join(root, dirname(page), path))
  if (!(await stat(join(root, file)).catch(() => undefined))) return 'leads nowhere'
  if (anchor !== undefined && !anchorsOf(pages.get(file) ?? '').includes(anchor)) return 'names no heading there'
  return undefined
}

test('there are pages', () => assert.ok(pages.has('README.md') && pages.has(join('docs', 'README.md'))))

test('every relative link leads somewhere', async () => {
  const faults: string[] = []
  for (const [page, text] of pages)
    for (const [, target = ''] of withoutCode(text).matchAll(LINK)) {
      const found = await fault(page, target)
      if (found) faults.push(`${page}: ${target} ${found}`)
    }
  assert.deepEqual(faults, [])
})

test('no page names a place on one machine', () => {
  const faults = [...pages]
    .filter(([, text]) => /(?<![\w.~-])\/(home|Users|root|tmp|work|var|usr|opt|mnt)\/|[A-Z]:\\/.test(text))
    .map(([page]) => page)
  assert.deepEqual(faults, [])
})

test('every page of docs can be reached from its index', () => {
  const seen = new Set([join('docs', 'README.md')])
  for (const page of seen)
    for (const [, target = ''] of withoutCode(pages.get(page) ?? '').matchAll(LINK)) {
      const path = relative(root, join(root, dirname(page), target.split('#')[0] ?? ''))
      if (pages.has(path)) seen.add(path)
    }
  assert.deepEqual(
    [...pages.keys()].filter((page) => page.startsWith('docs') && !seen.has(page)),
    [],
  )
})
