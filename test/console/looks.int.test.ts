// The console in a browser: every page on a desk and on a phone, by day and by night: a screenshot to look at nothing that
// scrolls sideways, and no fault that axe-core finds. And that the keyboard reaches all.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { views } from '../../projections/views/index.ts'
import { noBrowser } from '../browser.ts'
import { counts } from '../poisoned.ts'
import { looksWell, screens } from './looks.ts'
import { openConsole, until, type Console } from './open-console.ts'

/** The address of each page, and what is on it once it is there. */
const pages: Readonly<Record<string, readonly [hash: string, there: string]>> = {
  entities: ['#/find?kind=trade', 'trade:bob:T-3'],
  entity: ['#/entity/trade:bob:T-3?version=7', 'What version 7 changed'],
  diff: ['#/diff/trade:bob:T-3?from=1&to=4', '/executions/2'],
  feed: ['#/feed', 'TradeAmended'],
  projections: ['#/projections', 'it is poison'],
  health: ['#/health', 'event loop lag'],
  missing: ['#/entity/trade:bob:none', 'there is no trade:bob:none'],
}

let open: Console
before(async () => {
  if (noBrowser) return
  open = await openConsole({ projections: [counts, ...Object.values(views)] })
  // so that there is something to count
  await open.server.post('/v1/accounts/account:alice:USD/deposit', { amount: '1000', reference: 'wire 2240' })
  await open.server.post('/v1/accounts/account:bob:USD/withdraw', { amount: '1000000' })
  await open.server.post('/v1/tickets', { owner: 'carol', ticketId: '8', subject: 'Statement for January', priority: 'low' })
  // so that two projections need somebody
  const poison = { owner: 'carol', tradeId: 'P-1', instrument: 'POISON', side: 'buy', quantity: '1', price: '1', currency: 'USD' }
  await open.server.post('/v1/trades', poison)
  await open.server.post('/v1/projections/balances/pause', {})
})
after(() => open?.[Symbol.asyncDispose]())

for (const [screen, options] of Object.entries(screens))
  for (const colorScheme of ['light', 'dark'] as const)
    test(`every page on a ${screen}, ${colorScheme}`, { skip: noBrowser }, async () => {
      const page = await open.visit('', { ...options, colorScheme })
      for (const [name, [hash, there]] of Object.entries(pages)) {
        await page.goto(`${open.server.url}/console${hash}`)
        await page.locator('main').getByText(there).first().waitFor()
        await looksWell(page, `${name}-${screen}-${colorScheme}`, colorScheme)
      }
    })

test('by keyboard alone: past the navigation, through an entity, the shortcuts and their switch', { skip: noBrowser }, async () => {
  const page = await open.visit('#/entity/trade:bob:T-3')
  await page.getByText('Version 11 of 11', { exact: true }).waitFor()
  const focused = () => page.evaluate('document.activeElement.id || document.activeElement.ariaLabel || document.activeElement.textContent')
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'skip')
  await page.keyboard.press('Enter')
  assert.equal(await focused(), 'main')

  const reached = new Set<unknown>()
  for (let n = 0; n < 40; n++) {
    await page.keyboard.press('Tab')
    reached.add(await focused())
    if (n === 3) assert.equal(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'solid', 'the focus is seen')
  }
  for (const name of [
    'Previous version',
    'Version, from the first to the latest',
    'Next version',
    'known',
    'holding',
    'Show',
    'Latest',
    'Compare version',
    'Diff',
    'show-keys',
  ])
    assert.ok(reached.has(name), `${name} in ${[...reached].join(', ')}`)

  await page.keyboard.press('?')
  await page.getByRole('dialog').getByText('previous version').waitFor()
  await page.getByLabel('Shortcuts of a single key').press('Space')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await page.keyboard.press('[')
  await page.keyboard.press('/')
  assert.notEqual(await focused(), 'find-id', 'they are off')
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).press('Enter')
  await page.getByLabel('Shortcuts of a single key').press('Space')
  await page.keyboard.press('Escape')
  await page.keyboard.press('[')
  await until(
    () => page.locator('.count').innerText(),
    (text) => text === 'Version 10 of 11',
    'they are on',
  )
})
