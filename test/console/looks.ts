// How pages look: the screens they are looked at on, where screenshots go (STRATA_TEST_SCREENSHOTS: the folder), and what axe-core finds wrong.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContextOptions, Page } from 'playwright-core'

const SCREENSHOTS = process.env['STRATA_TEST_SCREENSHOTS'] ?? join(import.meta.dirname, 'screenshots')

export const screenshot = (name: string): string => join(SCREENSHOTS, `${name}.png`)

export const screens: Readonly<Record<string, BrowserContextOptions>> = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 375, height: 812 }, isMobile: true, hasTouch: true },
}

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[]
}

/** A screenshot to look at, nothing that scrolls sideways, and no fault that axe-core finds. By night only the colours are others. */
export async function looksWell(page: Page, name: string, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.screenshot({ path: screenshot(name) })
  const sideways = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  assert.equal(sideways, 0, `${name} scrolls sideways`)
  await page.evaluate(await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8'))
  const options = colorScheme === 'dark' ? { runOnly: ['color-contrast'] } : {}
  const found = (await page.evaluate(`axe.run(${JSON.stringify(options)}).then(({ violations }) => violations)`)) as readonly Violation[]
  const shortly = found.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${impact} ${id} ${target.join(' ')} ${failureSummary}`),
  )
  assert.deepEqual(shortly, [], name)
}
