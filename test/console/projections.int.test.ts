// The console in a browser: projections that run, stand still, fail and are stopped, as it comes; and what a person does about it, by mouse and by keyboard.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { views } from '../../projections/views/index.ts'
import { noBrowser } from '../browser.ts'
import { counts } from '../poisoned.ts'
import { AUDIENCE, ed25519, ISSUER } from '../tokens.ts'
import { openConsole, texts, until, type Console } from './open-console.ts'

const RUNS = Object.keys(views).length + 1

let open: Console
before(async () => {
  if (!noBrowser) open = await openConsole({ projections: [counts, ...Object.values(views)] })
})
after(() => open?.[Symbol.asyncDispose]())

const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const says = (page: Page, name: string, text: string | RegExp) => card(page, name).getByText(text).first().waitFor()

let made = 0
async function submit(instrument = 'AAPL'): Promise<string> {
  const tradeId = `P-${++made}`
  const { status } = await open.server.post('/v1/trades', {
    owner: 'pia',
    tradeId,
    instrument,
    side: 'buy',
    quantity: '1',
    price: '1',
    currency: 'USD',
  })
  assert.equal(status, 201)
  return `trade:pia:${tradeId}`
}

test('paused here, and by others; behind, and up to date again', { skip: noBrowser }, async () => {
  const page = await open.visit('#/projections')
  await page.getByRole('status').getByText(`All ${RUNS} run.`).waitFor()
  await says(page, 'trades', 'Up to date')
  await page.getByRole('button', { name: 'Pause trades in postgres' }).press('Enter')
  await says(page, 'trades', 'paused')
  assert.equal(await page.evaluate('document.activeElement.ariaLabel'), 'Resume trades in postgres', 'the focus stays')
  await page
    .getByRole('status')
    .getByText(`${RUNS - 1} of ${RUNS} run; trades in postgres is paused.`)
    .waitFor()
  await submit()
  await says(page, 'trades', /^1 version behind, for [\d.]+ s/)
  await says(page, 'tickets', 'Up to date')

  await card(page, 'trades').locator('summary').press('Enter')
  const rows = () => card(page, 'trades').locator('tbody tr').allInnerTexts()
  await until(rows, (all) => all.length === 16 && all.filter((row) => /paused\s+\d+\s+1\s+[\d.]+ s/.test(row)).length === 1, 'a row each')

  await page.getByRole('button', { name: 'Resume trades in postgres' }).click()
  await says(page, 'trades', 'Up to date')
  assert.equal((await open.server.post('/v1/projections/tickets/pause', {})).status, 200)
  await says(page, 'tickets', 'paused')
  await open.server.post('/v1/projections/tickets/resume', {})
  await page.getByRole('status').getByText(`All ${RUNS} run.`).waitFor()
})

test('a sink that fails: its words, until it works again', { skip: noBrowser }, async () => {
  const page = await open.visit('#/projections')
  const { database } = open.server.ledger
  await database.query("alter table views.positions add constraint broken check (key <> 'pia:AAPL:USD')")
  const trade = await submit()
  await open.server.post(`/v1/trades/${trade}/executions`, { executionId: 'E-1', quantity: '1', price: '1' })
  await says(page, 'positions', /violates check constraint "broken"/)
  await page.getByRole('status').getByText('positions in postgres is retrying').waitFor()
  await database.query('alter table views.positions drop constraint broken')
  await page.getByRole('status').getByText(`All ${RUNS} run.`).waitFor()
  assert.deepEqual(await card(page, 'positions').locator('.error').allInnerTexts(), [''])
})

test('a version that can not be applied: retried, then skipped for a reason, by keyboard alone', { skip: noBrowser }, async () => {
  const page = await open.visit('#/projections')
  const asked: string[] = []
  page.on('request', (request) => request.method() === 'POST' && asked.push(new URL(request.url()).pathname))
  const poison = await submit('POISON')
  await submit()
  await says(page, 'counts', 'it is poison')
  await says(page, 'counts', /^2 versions behind/)
  await says(page, 'counts', '16 partitions: 15 running, 1 stopped')
  await page
    .getByRole('status')
    .getByText(`${RUNS - 1} of ${RUNS} run; counts in postgres is stopped.`)
    .waitFor()

  const retried = page.waitForResponse((response) => response.url().endsWith('/v1/projections/counts/retry'))
  await page.getByRole('button', { name: 'Retry counts in postgres' }).press('Enter')
  await retried
  await until(
    () => page.evaluate('document.activeElement.ariaLabel'),
    (label) => label === 'Pause counts in postgres',
    'the focus is near',
  )
  const skip = page.getByRole('button', { name: `Skip version 1 of ${poison}` })
  await says(page, 'counts', '16 partitions: 15 running, 1 stopped')

  // Thought better of.
  await skip.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByText(`counts in postgres leaves out version 1 of ${poison}`).waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  // Nothing happens without a reason.
  await skip.press('Enter')
  assert.equal(await page.evaluate('document.activeElement.id'), 'reason')
  await page.keyboard.type('   ')
  await page.keyboard.press('Enter')
  assert.ok(await dialog.isVisible())
  assert.ok(!asked.includes('/v1/projections/counts/skip'))
  await page.keyboard.type('a test order')
  await page.keyboard.press('Enter')
  await says(page, 'counts', 'Up to date')
  assert.equal(await skip.count(), 0)
  assert.equal(await page.evaluate('document.activeElement.ariaLabel'), 'Pause counts in postgres', 'the focus is near')

  await page.getByRole('link', { name: 'What was skipped, by whom and why' }).click()
  await page.getByRole('link', { name: /^deadletter:postgres:counts/ }).click()
  await page.getByText('a test order').first().waitFor()
})

test('with tokens: an auditor looks, who operates acts, others see nothing', { skip: noBrowser }, async () => {
  const issuer = ed25519()
  await using guarded = await openConsole({
    auth: { publicKey: issuer.pem, issuer: ISSUER, audience: AUDIENCE },
    projections: [counts],
  })
  const as = async (scope: string) => {
    const page = await guarded.visit('#/projections')
    await page.getByLabel('Token').fill(issuer.token({ sub: 'olga', scope }))
    await page.keyboard.press('Enter')
    return page
  }
  const auditor = await as('audit')
  await says(auditor, 'counts', 'Up to date')
  assert.deepEqual(await texts(auditor, '.projections button'), [])
  const operator = await as('operate')
  await operator.getByRole('button', { name: 'Pause counts in postgres' }).click()
  await says(operator, 'counts', 'paused')
  await says(auditor, 'counts', 'paused')
  const submitter = await as('submit')
  await submitter.getByRole('alert').getByText('this needs the scope operate, or audit').waitFor()
})

test('on a phone: all of it is there, and what is refused is said beside it', { skip: noBrowser }, async () => {
  const page = await open.visit('#/projections', { viewport: { width: 375, height: 812 }, isMobile: true, hasTouch: true })
  await page.route('**/v1/projections/trades/pause', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'Unavailable', detail: 'the database is away', code: 'unavailable', status: 503 }),
    }),
  )
  await page.getByRole('button', { name: 'Pause trades in postgres' }).tap()
  await card(page, 'trades').getByRole('alert').getByText('the database is away').waitFor()
  await page.unroute('**/v1/projections/trades/pause')
  await page.getByRole('button', { name: 'Pause trades in postgres' }).tap()
  await says(page, 'trades', 'paused')
  assert.equal(await card(page, 'trades').getByRole('alert').count(), 0)
  await page.getByRole('button', { name: 'Resume trades in postgres' }).tap()
  await says(page, 'trades', 'Up to date')

  const poison = await submit('POISON')
  await page.getByRole('button', { name: `Skip version 1 of ${poison}` }).tap()
  await page.getByLabel('Reason').fill('a second test order')
  assert.equal(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), 0)
  await page.getByRole('button', { name: 'Skip it for good' }).tap()
  await page.getByRole('status').getByText(`All ${RUNS} run.`).waitFor()
})
