// The console in a browser: entities found, one travelled through in time, its versions compared.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { noBrowser } from '../browser.ts'
import { openConsole, texts, until, type Console } from './open-console.ts'

const LONG = 3_000
const WINDOW_VERSIONS = 50

let open: Console
before(async () => {
  if (!noBrowser) open = await openConsole()
})
after(() => open?.[Symbol.asyncDispose]())

/** A field of the state that is shown. */
const field = (page: Page, name: string) =>
  page
    .locator('.shown section')
    .first()
    .locator('.fields > div', { has: page.locator(`dt:text-is("${name}")`) })
    .locator('dd')

const shows = (page: Page, name: string, value: string) =>
  until(
    () => field(page, name).innerText(),
    (text) => text === value,
    `${name} is ${value}`,
  )

test('found: by kind, filter and page, and by id from anywhere', { skip: noBrowser }, async () => {
  await open.server.bulk(
    Array.from({ length: 60 }, (_, n) => ({ command: 'OpenTicket', entityId: `ticket:zoe:${n + 100}`, data: { subject: `s ${n}` } })),
  )
  const page = await open.visit()
  await page.getByRole('link', { name: 'trades' }).click()
  await page.getByLabel('owner').fill('alice')
  await page.getByLabel('status').selectOption('filled')
  await page.getByRole('button', { name: 'Filter' }).click()
  await until(
    () => texts(page, '.entities td:first-child'),
    (ids) => ids.join() === 'trade:alice:T-1',
    'filtered',
  )
  assert.match(page.url(), /#\/find\?kind=trade&owner=alice&status=filled$/)

  await page.goto(`${open.server.url}/console#/find?kind=ticket&owner=zoe`)
  await until(
    () => page.locator('.entities tbody tr').count(),
    (rows) => rows === 50,
    'the first page',
  )
  await page.getByRole('link', { name: 'Next page' }).click()
  await until(
    () => page.locator('.entities tbody tr').count(),
    (rows) => rows === 10,
    'the second page',
  )
  await page.getByRole('link', { name: 'Clear' }).click()

  await page.keyboard.press('/')
  await page.keyboard.type('trade:bob:T-1')
  await page.keyboard.press('Enter')
  await until(
    () => page.locator('h1').innerText(),
    (text) => text === 'trade:bob:T-1',
    'by id',
  )
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'trade:bob:T-1', 'the heading has the focus')

  await page.goto(`${open.server.url}/console#/find?kind=trade&owner=nobody`)
  await page.getByText('No trades match these filters.').waitFor()
})

test(
  'the slider: by keyboard through time, asking as of each instant, by links that show others the same',
  { skip: noBrowser },
  async () => {
    const page = await open.visit('#/entity/trade:alice:T-1')
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).search))
    await shows(page, 'executedQuantity', '100')
    await page.getByRole('slider').focus()
    await page.keyboard.press('ArrowLeft')
    await shows(page, 'executedQuantity', '60')
    const link = page.url()
    const [, second = ''] = /asOf=(.+)$/.exec(link) ?? []
    assert.ok(asked.includes(`?asOf=${second}`), `${second} in ${asked.join(' ')}`)
    assert.equal(await page.getByRole('slider').getAttribute('aria-valuetext'), 'Version 2 of 3')
    assert.deepEqual(await texts(page, '.timeline [aria-current] .version'), ['v2'])
    await page.locator('.changed dt', { hasText: 'executedQuantity' }).waitFor()

    await page.keyboard.press('[')
    await shows(page, 'executedQuantity', '0')
    await page.keyboard.press(']')
    await page.keyboard.press('End')
    await shows(page, 'executedQuantity', '100')

    const other = await open.visit(link.slice(link.indexOf('#')))
    await shows(other, 'executedQuantity', '60')
    await other.getByText(`As it was known at ${second.replace('T', ' ').replace('Z', '')}: version 2 of 3, ExecutionRecorded.`).waitFor()
    await other.getByRole('link', { name: 'account:alice:USD' }).click()
    await shows(other, 'balance', '38874.8')
    assert.ok(other.url().includes(`account:alice:USD?asOf=${second}`), 'an entity beside it, as of the same instant')
  },
)

test('exact instants, recorded and effective, and what is wrong with one', { skip: noBrowser }, async () => {
  const page = await open.visit('#/entity/trade:bob:T-3')
  await shows(page, 'executedQuantity', '109')
  await page.getByLabel('Holding at').fill('2026-01-05 16:00')
  await page.getByRole('button', { name: 'Show' }).click()
  await shows(page, 'executedQuantity', '35')
  const exact = (await open.server.call('GET', '/v1/trades/trade:bob:T-3?effectiveAsOf=2026-01-05T16:00:00Z')).text
  assert.ok(exact.includes(`"averagePrice":"${await field(page, 'averagePrice').innerText()}"`), 'all 18 decimals')
  await page.getByText('As it held at 2026-01-05 16:00:00.000000').waitFor()

  await page.getByLabel('Known at').fill('2199-01-01')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByRole('alert').getByText('invalid_request').waitFor()
  await page.getByLabel('Known at').fill('2000-01-01 00:00:00.000001')
  await page.getByLabel('Holding at').fill('')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByRole('alert').getByText('trade:bob:T-3 was not there at 2000-01-01T00:00:00.000001Z').waitFor()
  await page.getByRole('button', { name: 'Latest', exact: true }).click()
  await shows(page, 'executedQuantity', '109')
  assert.equal(await page.getByRole('alert').count(), 0)

  const missing = await open.visit('#/entity/trade:bob:none')
  await missing.getByRole('alert').getByText('there is no trade:bob:none').waitFor()
})

test('two versions of one instant: each can be seen', { skip: noBrowser }, async () => {
  const line = (command: string, data: object) => ({ command, entityId: 'ticket:kim:1', data })
  await open.server.bulk(
    [line('OpenTicket', { subject: 'one' }), line('EditTicket', { subject: 'two' }), line('EditTicket', { subject: 'three' })],
    '?mode=atomic',
  )
  const page = await open.visit('#/entity/ticket:kim:1')
  await shows(page, 'subject', 'three')
  await page.getByRole('button', { name: 'Previous version' }).click()
  await shows(page, 'subject', 'two')
  await page.getByRole('button', { name: 'First version' }).click()
  await shows(page, 'subject', 'one')
  await page.getByRole('button', { name: 'Next version' }).click()
  await shows(page, 'subject', 'two')
})

test('thousands of versions: a window of them is held', { skip: noBrowser }, async () => {
  const line = (n: number) =>
    n === 0
      ? { command: 'OpenTicket', entityId: 'ticket:long:1', data: { subject: 's' } }
      : { command: 'AddNote', entityId: 'ticket:long:1', data: { text: `note ${n}` } }
  await open.server.bulk(Array.from({ length: LONG }, (_, n) => line(n)))
  const page = await open.visit('#/entity/ticket:long:1')
  await shows(page, 'noteCount', String(LONG - 1))
  const versions = () => texts(page, '.timeline .version')
  assert.equal((await until(versions, (shown) => shown[0] === `v${LONG}`, 'the latest'))?.length, WINDOW_VERSIONS)
  await page.getByRole('slider').focus()
  await page.keyboard.press('Home')
  await shows(page, 'noteCount', '0')
  await page.keyboard.press('PageUp')
  await shows(page, 'noteCount', String(Number((await page.getByRole('slider').inputValue()).valueOf()) - 1))
  const [top] = await versions()
  await page.getByRole('button', { name: 'Later versions' }).click()
  assert.equal((await until(versions, (shown) => shown[0] !== top, 'the next window')).length, WINDOW_VERSIONS)
  assert.ok(Number(await page.evaluate('document.querySelectorAll("*").length')) < 1_500)
})

test('the differences of any two versions', { skip: noBrowser }, async () => {
  await open.server.bulk([
    { command: 'OpenTicket', entityId: 'ticket:dan:1', data: { subject: 'x', priority: 'low', fields: { n: 1, gone: true } } },
    { command: 'EditTicket', entityId: 'ticket:dan:1', data: { assignee: 'eve' } },
    { command: 'EditTicket', entityId: 'ticket:dan:1', data: { subject: 'y', fields: { n: '1', gone: null, 'a/b': 'new' } } },
  ])
  const page = await open.visit('#/entity/ticket:dan:1')
  await page.getByLabel('Compare version').fill('1')
  await page.getByRole('button', { name: 'Diff' }).click()
  const rows = () => page.locator('table tbody tr').allInnerTexts()
  const cells = (row: string) => row.split(/\s*[\t\n]\s*/).map((cell) => cell.trim())
  await until(rows, (all) => all.length === 5, 'five differences')
  assert.deepEqual((await rows()).map(cells), [
    ['+ added', '/assignee', 'nothing', 'eve'],
    ['+ added', '/fields/a~1b', 'nothing', 'new'],
    ['− removed', '/fields/gone', 'true', 'nothing'],
    ['± changed', '/fields/n', '1', '"1"'],
    ['± changed', '/subject', 'x', 'y'],
  ])
  assert.match(page.url(), /#\/diff\/ticket:dan:1\?from=1&to=3$/)
  await page.getByText('2 added, 1 removed, 2 changed').waitFor()
  await page.getByRole('button', { name: 'Swap' }).click()
  await page.getByText('2 removed, 1 added, 2 changed').waitFor()

  const { text } = await open.server.call('GET', '/v1/entities/ticket:dan:1?version=2')
  const { recordedAt } = JSON.parse(text) as { readonly recordedAt: string }
  await page.getByLabel('From').fill('2')
  await page.getByLabel('To', { exact: false }).last().fill(recordedAt)
  await page.getByRole('button', { name: 'Compare' }).click()
  await page.getByText('The states are the same.').waitFor()
})

test('what the ledger holds is text, whatever it says', { skip: noBrowser }, async () => {
  const evil = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>'
  await open.server.bulk([
    {
      command: 'OpenTicket',
      entityId: 'ticket:mal:1',
      data: { subject: evil, description: evil, priority: evil, fields: { [evil]: evil } },
    },
    { command: 'EditTicket', entityId: 'ticket:mal:1', data: { subject: `${evil}!`, fields: { __proto__x: 'p', constructor: 'c' } } },
  ])
  const page = await open.visit()
  const go = (hash: string) => page.goto(`${open.server.url}/console${hash}`)
  const isText = async (where: string) => {
    await page.locator('main').getByText(evil).first().waitFor()
    assert.equal(await page.locator('main img, main script').count(), 0, where)
  }
  for (const hash of ['#/find?kind=ticket&owner=mal', '#/entity/ticket:mal:1', '#/diff/ticket:mal:1?from=1&to=2']) {
    await go(hash)
    await isText(hash)
  }
  await go('#/feed')
  await page.getByText('live', { exact: true }).waitFor()
  await open.server.post('/v1/tickets', { owner: 'mal', subject: evil })
  await isText('feed')
  await go(`#/entity/${encodeURIComponent(evil)}?asOf=${encodeURIComponent(evil)}`)
  await page.getByRole('alert').waitFor()
  await isText('an address')
  assert.equal(await page.evaluate('window.ran'), undefined)
})

test('a text that becomes markup is stopped by the browser itself', { skip: noBrowser }, async () => {
  const page = await open.visit()
  await assert.rejects(page.evaluate('document.body.innerHTML = "<b>x</b>"'), /TrustedHTML/)
})
