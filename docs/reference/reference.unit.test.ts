import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { problemKinds } from '../../commands/problem.ts'
import { rejections } from '../../commands/rejection.ts'
import { stalePages } from '../../scripts/docs-reference.ts'

const root = join(import.meta.dirname, '..', '..')
const page = (name: string): Promise<string> => readFile(join(import.meta.dirname, name), 'utf8')

test('the generated pages are what the code says (else: npm run -s docs)', async () => {
  assert.deepEqual(await stalePages(), [])
})

test('every code of a problem and of a rejection is explained', async () => {
  const text = await page('problems.md')
  for (const code of [...Object.keys(problemKinds), ...Object.keys(rejections)])
    assert.match(text, new RegExp(`^\\| \`${code}\` \\| \\d{3} \\| \\S.+ \\| \\S.+ \\|$`, 'm'))
})

test('every metric is listed, and no other', async () => {
  const names = (text: string, pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map(([, name = '']) => name).sort()
  const sources = await Promise.all(
    ['commands/http/metrics.ts', 'projections/serving/metrics.ts'].map((path) => readFile(join(root, path), 'utf8')),
  )
  const measured = names(sources.join('\n'), /'(strata_\w*[a-z])'/g)
  assert.deepEqual(names(await page('metrics.md'), /^\| `(strata_\w+)` \|/gm), measured)
})

// `const MAX_PAGE = 1_000`, `export const MAX_BODY_BYTES = 8 * MEBIBYTE`: whole numbers, constants of the same file, and their products.
const CONSTANT = /^(export )?const ([A-Z][A-Z0-9_]+) = ([\dA-Z][\dA-Z_]*(?: \* [\dA-Z][\dA-Z_]*)*)(?: \/\/.*)?$/gm
const IS_LIMIT = /^(MAX|MIN|DEFAULT|PART|PAGE)_|_(MS|SECONDS|BYTES|CHARACTERS|INTERVAL)$/

interface Constant {
  readonly value: number | undefined
  /** Must be in the table: it is called a limit, and is of use outside its own file. */
  readonly isLimit: boolean
}

async function constants(): Promise<ReadonlyMap<string, Constant>> {
  const found = new Map<string, Constant>()
  for await (const path of glob('{ledger,commands,projections,replay,bin}/**/*.ts', { cwd: root })) {
    if (/\.(test|testing)\.ts$/.test(path)) continue
    const own = new Map<string, number | undefined>()
    const text = await readFile(join(root, path), 'utf8')
    for (const [, exported, name = '', value = ''] of text.matchAll(CONSTANT)) {
      const factors = value
        .split(' * ')
        .map((factor) => (/^\d/.test(factor) ? Number(factor.replaceAll('_', '')) : (own.get(factor) ?? NaN)))
      own.set(
        name,
        factors.reduce((a, b) => a * b, 1),
      )
      found.set(`${path} ${name}`, {
        value: own.get(name),
        isLimit: exported !== undefined && IS_LIMIT.test(name),
      })
    }
  }
  return found
}

test('the table of limits is what the constants say', async () => {
  const rows = [
    ...(await page('limits.md')).matchAll(/^\| `(\w+)` \| ([\d,]+) \| [^|]+ \| [^|]+ \| \[[^\]]+\]\((?:\.\.\/)*([^)]+)\) \|$/gm),
  ]
  const written = new Map(rows.map(([, name, value = '', path]) => [`${path} ${name}`, Number(value.replaceAll(',', ''))]))
  const known = await constants()
  for (const [place, value] of written) assert.equal(known.get(place)?.value, value, `docs/reference/limits.md: ${place}`)
  const missing = [...known]
    .filter(([place, { isLimit }]) => isLimit && !written.has(place))
    .map(([place, { value }]) => `${place} = ${value}`)
  assert.deepEqual(missing, [], 'limits that have no row in docs/reference/limits.md')
})
