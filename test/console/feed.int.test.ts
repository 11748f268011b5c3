// The console in a browser: what is recorded appears, in bounds, and nothing is lost when the connection is.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { routes } from '../../bin/routes.ts'
import { noBrowser } from '../browser.ts'
import { served } from '../served.ts'
import { openConsole, texts, until, type Console } from './open-console.ts'

const MAX_ROWS = 200

let open: Console
before(async () => {
  if (!noBrowser) open = await openConsole()
})
after(() => open?.[Symbol.asyncDispose]())

const ticket = (ticketId: string) => open.server.post('/v1/tickets', { owner: 'fay', ticketId, subject: 's' })
const rows = (page: Page) => page.locator('.feed tbody tr').count()
const first = (page: Page) => texts(page, '.feed tbody tr:first-child td.which')
const top = (page: Page, id: string) =>
  until(
    () => first(page),
    ([shown]) => shown === id,
    `${id} on top`,
  )
const state = (page: Page, word: string) => page.locator('.state').getByText(word, { exact: true }).waitFor()

test('newest first, with what was there; paused, and gone on with; of one kind', { skip: noBrowser }, async () => {
  const page = await open.visit('#/feed')
  await state(page, 'live')
  const before = await rows(page)
  assert.ok(before > 40, `the sample data: ${before} rows`)
  await ticket('1')
  await top(page, 'ticket:fay:1')
  const recorded = await texts(page, '.feed td.when')
  assert.deepEqual(recorded, recorded.toSorted().toReversed())

  await page.keyboard.press('p')
  await ticket('2')
  await page.getByText('paused · 1 new').waitFor()
  assert.deepEqual(await first(page), ['ticket:fay:1'])
  await page.getByRole('button', { name: 'Go on' }).click()
  await top(page, 'ticket:fay:2')

  await page.locator('.feed a').first().focus()
  await ticket('focus')
  await page.getByText('paused · 1 new').waitFor()
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'ticket:fay:2')
  await page.locator('h1').focus()
  await top(page, 'ticket:fay:focus')

  await page.getByRole('link', { name: 'accounts' }).click()
  await until(
    () => texts(page, '.feed td.which'),
    (ids) => ids.length > 0 && ids.every((id) => id.startsWith('account:')),
    'accounts',
  )
  assert.match(page.url(), /#\/feed\?kinds=account$/)
  await state(page, 'live')
  await ticket('3')
  await open.server.post('/v1/accounts', { owner: 'fay', accountId: 'USD', currency: 'USD' })
  await top(page, 'account:fay:USD')
  await page.getByRole('link', { name: 'account:fay:USD' }).click()
  await page.getByText('After version 1 of 1, AccountOpened.').waitFor()
})

test('however much comes, rows are bounded, and each version is counted', { skip: noBrowser }, async () => {
  const page = await open.visit('#/feed')
  await state(page, 'live')
  await page.keyboard.press('p')
  const lines = Array.from({ length: 2_000 }, (_, n) => ({ command: 'OpenTicket', entityId: `ticket:max:${n}`, data: { subject: 's' } }))
  await open.server.bulk(lines)
  await page.getByText('paused · 2000 new').waitFor()
  await page.keyboard.press('p')
  await until(
    () => rows(page),
    (count) => count === MAX_ROWS,
    'bounded',
  )
  await top(page, 'ticket:max:1999')
})

test('the server goes and comes back: reconnecting, then all that was recorded in between', { skip: noBrowser }, async () => {
  const page = await open.visit('#/feed')
  await state(page, 'live')
  await ticket('10')
  await top(page, 'ticket:fay:10')
  const { port } = open.server
  await open.server.close()
  await state(page, 'reconnecting')

  // another server on the same ledger, that the page does not know
  await using elsewhere = await served(open.database.url, { routes: routes() })
  await elsewhere.post('/v1/tickets', { owner: 'fay', ticketId: '11', subject: 'while it was away' })
  await using again = await served(open.database.url, { routes: routes(), port })
  await state(page, 'live')
  await again.post('/v1/tickets', { owner: 'fay', ticketId: '12', subject: 's' })
  await top(page, 'ticket:fay:12')
  assert.deepEqual((await texts(page, '.feed td.which')).slice(0, 3), ['ticket:fay:12', 'ticket:fay:11', 'ticket:fay:10'])
})
