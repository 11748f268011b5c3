// The console in a browser: pictures of what the analytics answer, as it is and as it was known, on a real server with a DuckDB file.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { analytics } from '../../projections/analytics/index.ts'
import { noBrowser } from '../browser.ts'
import { deskCommands } from './desk.ts'
import { openConsole, texts, until, untilProjected, type Console } from './open-console.ts'

let open: Console
before(async () => {
  if (noBrowser) return
  open = await openConsole({ analytics: Object.values(analytics) })
  const { lines } = await open.server.bulk(deskCommands)
  assert.deepEqual(
    lines.filter(({ problem }) => problem),
    [],
  )
  await untilProjected(open.server)
})
after(() => open?.[Symbol.asyncDispose]())

const figure = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const cells = (page: Page) => texts(page, '.exact tbody td')
const slider = (page: Page) => page.getByRole('slider')
const shows = (page: Page, holds: (all: readonly string[]) => boolean, what: string) => until(() => cells(page), holds, what)

test('P&L', { skip: noBrowser }, async () => {
  const page = await open.visit('#/pictures/pnl?owner=dana')
 
  await figure(page, 'USD: cumulated P&L').waitFor()
  await page.locator('.chart canvas').first().waitFor()
  await page.waitForTimeout(500)
  await page.screenshot({ path: '/tmp/pic-pnl.png', fullPage: true })
  for (const name of ['positions', 'execution', 'tickets']) {
    await page.goto(`${open.server.url}/console#/pictures/${name}?owner=dana`)
    await page.locator('.chart canvas').first().waitFor()
    await page.waitForTimeout(700)
    await page.screenshot({ path: `/tmp/pic-${name}.png`, fullPage: true })
  }
})
