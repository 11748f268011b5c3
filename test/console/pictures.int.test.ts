// The console in a browser: pictures of what the analytics answer, as it is and as it was known, on a real server with a DuckDB file.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { analytics } from '../../projections/analytics/index.ts'
import { noBrowser } from '../browser.ts'
import { AUDIENCE, ed25519, ISSUER } from '../tokens.ts'
import { deskCommands, type DeskCommand } from './desk.ts'
import { looksWell, screens, screenshot } from './looks.ts'
import { openConsole, texts, until, untilProjected, type Console } from './open-console.ts'

let open: Console
before(async () => {
  if (noBrowser) return
  open = await openConsole({ analytics: Object.values(analytics) })
  await play(open, deskCommands)
})
after(() => open?.[Symbol.asyncDispose]())

async function play({ server }: Console, commands: readonly Omit<DeskCommand, 'effectiveAt'>[]): Promise<void> {
  const { lines } = await server.bulk(commands)
  const refused = lines.filter(({ problem }) => problem)
  assert.deepEqual([lines.length, refused], [commands.length, []])
  await untilProjected(server)
}

type Row = Readonly<Record<string, string | number | undefined>>
async function answerTo(query: string): Promise<readonly Row[]> {
  const { status, text } = await open.server.call('GET', `/v1/queries/${query}`)
  assert.equal(status, 200, text)
  return (JSON.parse(text) as { readonly data: readonly Row[] }).data
}

const figure = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const slider = (page: Page) => page.getByRole('slider')
const rowsOf = async (page: Page, name: string): Promise<readonly (readonly string[])[]> => {
  const rows = await page
    .getByRole('region', { name: `${name}, in figures`, exact: true })
    .locator('tbody tr')
    .all()
  return Promise.all(rows.map((row) => row.locator('td').allInnerTexts()))
}
const rowsShown = (page: Page, name: string, expected: readonly (readonly string[])[]) =>
  until(
    () => rowsOf(page, name),
    (rows) => JSON.stringify(rows) === JSON.stringify(expected),
    `${name} ${JSON.stringify(expected)}`,
  )
/** How many dots of the canvas are drawn in a colour of their own. */
const drawn = async (page: Page) => {
  await page.locator('.chart canvas').first().waitFor()
  return page.evaluate(`(() => {
    const counts = [...document.querySelectorAll('.chart canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      let count = 0
      for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200 && Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]) > 60) count++
      return count
    })
    return Math.min(...counts)
  })()`) as Promise<number>
}

const WRONG = '11199.00000000000000001'
const PNL = 'USD: cumulated P&L'

test('P&L: through time, to what was known before it was put right; and a link to it', { skip: noBrowser }, async () => {
  const page = await open.visit('#/pictures/pnl?owner=erin')
  const wrong = [
    ['2026-03-10', '0', '0', '0'],
    ['2026-03-11', WRONG, WRONG, '0'],
  ]
  await rowsShown(page, PNL, wrong)
  await figure(page, PNL).getByText(`${WRONG} USD from 2026-03-10 to 2026-03-11. It was never below its peak.`).waitFor()
  await until(
    () => drawn(page),
    (dots) => dots > 200,
    'it is drawn',
  )

  await play(open, [
    { command: 'BustExecution', entityId: 'trade:erin:T-2', data: { executionId: 'E-1', reason: 'ten times the price' } },
    {
      command: 'RecordExecution',
      entityId: 'trade:erin:T-2',
      data: { executionId: 'E-2', quantity: '10', price: '119.9', commission: '1' },
    },
  ])
  await page.reload()
  await until(
    () => rowsOf(page, PNL),
    (rows) => rows.at(-1)?.[1] === '-2',
    'it is put right',
  )
  await page.getByText(/-2 USD from 2026-03-10 to .+ At most 2 below its peak/).waitFor()
  assert.equal(await slider(page).getAttribute('aria-valuetext'), 'As it is now')

  // By keyboard: the newest version, then before it, then before it was taken back.
  await until(
    () => slider(page).getAttribute('max'),
    (max) => max === '6',
    'a stop a version',
  )
  await slider(page).focus()
  for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowLeft')
  await rowsShown(page, PNL, wrong)
  const known = (await slider(page).getAttribute('aria-valuetext')) ?? ''
  assert.match(known, /^As known at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/)
  assert.equal(await page.evaluate('document.activeElement.type'), 'range', 'the focus stays')
  assert.match(page.url(), /#\/pictures\/pnl\?owner=erin&asOf=\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/)

  // What the address says, others see.
  const other = await open.visit(page.url().slice(page.url().indexOf('#')))
  await rowsShown(other, PNL, wrong)
  await until(
    () => slider(other).getAttribute('aria-valuetext'),
    (text) => text === known,
    'the same instant',
  )
  await until(
    () => slider(other).inputValue(),
    (value) => value === '3',
    'the stop of that instant, once the stops are there',
  )
  assert.equal(await other.getByRole('textbox', { name: 'known at' }).inputValue(), known.replace('As known at ', ''))
  await other.getByRole('link', { name: 'Positions' }).click()
  await rowsShown(other, 'USD: positions', [['erin', 'NVDA', '0', '', '0', WRONG, '2']])

  await page.keyboard.press('Home')
  await page.getByText(/^At .+ there was nothing to show yet with these filters\.$/).waitFor()
  await page.getByRole('button', { name: 'Now' }).click()
  await until(
    () => rowsOf(page, PNL),
    (rows) => rows.at(-1)?.[1] === '-2',
    'as it is now',
  )
  assert.match(page.url(), /#\/pictures\/pnl\?owner=erin$/)
})

test('an instant that is typed, a span, and a strategy', { skip: noBrowser }, async () => {
  const page = await open.visit('#/pictures/pnl')
  await figure(page, PNL).waitFor()
  await page.getByRole('textbox', { name: 'owner' }).fill('dana')
  await page.getByRole('textbox', { name: 'strategy' }).fill('momentum')
  await page.getByRole('textbox', { name: 'from' }).fill('2026-02-10')
  await page.getByRole('textbox', { name: 'until before' }).fill('2026-02-20')
  await page.keyboard.press('Enter')
  const expected = await answerTo('pnl_by_day?owner=dana&strategy=momentum&from=2026-02-10T00:00:00Z&to=2026-02-20T00:00:00Z')
  assert.equal(expected.length, 10)
  await rowsShown(
    page,
    PNL,
    expected.map(({ day, realisedPnl, cumulatedPnl, drawdown }) => [day, realisedPnl, cumulatedPnl, drawdown].map(String)),
  )
  await page.getByRole('textbox', { name: 'known at' }).fill('2025-12-31 12:00')
  await page.keyboard.press('Enter')
  await page.getByText('At 2025-12-31T12:00:00Z there was nothing to show yet with these filters.').waitFor()
  await page.getByRole('link', { name: 'Clear' }).click()
  await figure(page, PNL).waitFor()
  assert.match(page.url(), /#\/pictures\/pnl$/)
})

test('under the pointer: the exact figures', { skip: noBrowser }, async () => {
  const page = await open.visit('#/pictures/pnl?owner=dana')
  await page.locator('.chart canvas').waitFor()
  const rows = await rowsOf(page, PNL)
  await page.locator('.chart .u-over').hover()
  await until(
    () => texts(page, '.chart .u-value'),
    ([day, by, fall]) => rows.some((row) => row[0] === day && row[2] === by && row[3] === fall),
    'a row of the table',
  )
})

test('positions, execution and tickets: what the queries answer, drawn, and as it is', { skip: noBrowser }, async () => {
  const page = await open.visit('#/pictures/positions?owner=dana')
  const positions = await answerTo('positions_as_of?owner=dana')
  assert.equal(positions.length, 3)
  const members = ['owner', 'instrument', 'netQuantity', 'averageCost', 'cost', 'realisedPnl', 'executions']
  await rowsShown(
    page,
    'USD: positions',
    positions.map((row) => members.map((name) => String(row[name]))),
  )
  assert.equal(await page.getByRole('img').count(), 3)
  await until(
    () => drawn(page),
    (dots) => dots > 500,
    'each is drawn',
  )

  await page.getByRole('link', { name: 'Slippage' }).click()
  const venues = await answerTo('execution_quality?owner=dana&hours=false')
  const cells = (row: Row) => [row['venue'], row['executions'], row['notional'], row['averageSlippage']].map(String)
  await until(
    () => rowsOf(page, 'USD: execution by venue'),
    (rows) => JSON.stringify(rows.map((row) => row.slice(0, 4))) === JSON.stringify(venues.map(cells)),
    'a row a venue',
  )
  await page.getByText(/^4 venues in USD; it cost most at/).waitFor()
  await until(
    () => drawn(page),
    (dots) => dots > 500,
    'each is drawn',
  )

  await page.getByRole('link', { name: 'Tickets' }).click()
  await page.getByText(/^Longest in in review: .+ on average\. 6 closed, 6 in review, 0 open now\.$/).waitFor()
  await until(
    () => slider(page).getAttribute('max'),
    (max) => max === '30',
    'its own stops',
  )
  await slider(page).focus()
  await page.keyboard.press('Home')
  await page.getByText(/^Longest in open: .+ 1 open now\.$/).waitFor()
})

test('bars, with executions on them; a bar as it was before it was corrected', { skip: noBrowser }, async () => {
  const page = await open.visit('#/pictures/bars?owner=dana&from=2026-02-01T00:00:00Z')
  await page.getByText('Choose an instrument.').waitFor()
  await page.getByRole('textbox', { name: 'instrument' }).fill('VOD')
  await page.keyboard.press('Enter')
  await page.getByText(/^30 bars from 2026-02-02 to 2026-03-03, closing between .+ On them \d+ bought, \d+ sold\.$/).waitFor()
  await until(
    () => drawn(page),
    (dots) => dots > 300,
    'executions are drawn',
  )
  const first = await rowsOf(page, 'VOD: bars')
  assert.equal((await rowsOf(page, 'VOD: executions')).length, 60)

  await play(open, [
    { command: 'CorrectBar', entityId: 'bar:VOD:2026-03-03', data: { close: '71.5', high: '99', low: '50', calendar: 'every-day' } },
  ])
  await page.reload()
  await until(
    () => rowsOf(page, 'VOD: bars'),
    (rows) => rows[0]?.[4] === '71.5' && rows[0][6] === '2',
    'corrected',
  )
  await until(
    () => slider(page).getAttribute('max'),
    (max) => Number(max) > 1,
    'its stops are there',
  )
  await page.keyboard.press('[')
  await page.keyboard.press('[')
  await until(
    () => rowsOf(page, 'VOD: bars'),
    (rows) => rows[0]?.[4] === first[0]?.[4] && rows[0]?.[6] === '1',
    'before',
  )
  await page
    .getByRole('link', { name: /^trade:dana:D-29-2/ })
    .first()
    .click()
  await page.getByText(/^As it was known at/).waitFor()
})

test('nothing yet; no analytics here; a question that takes too long', { skip: noBrowser }, async () => {
  const page = await open.visit('#/pictures/execution?owner=nobody')
  await page.getByText('There is nothing to show yet with these filters.').waitFor()
  let asked = 0
  await page.route('**/v1/queries/ticket_flow*', (route) => {
    asked++
    return route.fulfill({
      status: 504,
      contentType: 'application/problem+json',
      body: JSON.stringify({ title: 'The question took too long', detail: 'no answer within 5000 ms', code: 'took_too_long', status: 504 }),
    })
  })
  await page.getByRole('link', { name: 'Tickets' }).click()
  await page.getByRole('alert').getByText('no answer within 5000 ms').waitFor()
  await page.waitForTimeout(1_500)
  assert.equal(asked, 1, 'it is not asked again by itself')

  await using without = await openConsole()
  const bare = await without.visit('#/pictures')
  await bare.getByText('There are no analytics here: this server has no sink that answers queries.').waitFor()
})

test('with tokens: who submits sees what is theirs', { skip: noBrowser }, async () => {
  const issuer = ed25519()
  await using guarded = await openConsole({
    auth: { publicKey: issuer.pem, issuer: ISSUER, audience: AUDIENCE },
    analytics: Object.values(analytics),
  })
  const page = await guarded.visit('#/pictures/positions')
  await page.getByLabel('Token').fill(issuer.token({ sub: 'bob', scope: 'submit' }))
  await page.keyboard.press('Enter')
  await until(
    () => rowsOf(page, 'USD: positions'),
    (rows) => rows.length > 0 && rows.every(([owner]) => owner === 'bob'),
    'positions of bob',
  )
})

test('light or dark, as it is chosen, and remembered', { skip: noBrowser }, async () => {
  const page = await open.visit('#/pictures/pnl?owner=dana', { colorScheme: 'light' })
  await page.locator('.chart canvas').waitFor()
  const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  const light = await ground()
  const button = page.getByRole('button', { name: /^Theme/ })
  await button.press('Enter')
  await button.press('Enter')
  await page.getByText('Theme: dark').waitFor()
  const dark = await ground()
  assert.notEqual(dark, light)
  assert.equal(await page.locator('.chart canvas').count(), 1, 'drawn anew, once')
  await page.reload()
  await page.getByText('Theme: dark').waitFor()
  assert.equal(await ground(), dark)
  await button.click()
  await page.getByText('Theme: system').waitFor()
  assert.equal(await ground(), light)
})

const pages: Readonly<Record<string, readonly [hash: string, there: RegExp]>> = {
  'pictures-pnl': ['pnl?owner=dana', /below its peak/],
  'pictures-positions': ['positions?owner=dana', /3 positions in USD/],
  'pictures-slippage': ['execution?owner=dana', /it cost most at/],
  'pictures-tickets': ['tickets?owner=dana', /Longest in/],
  'pictures-bars': ['bars?instrument=AAPL&owner=dana&from=2026-02-01T00:00:00Z', /bars from/],
  'pictures-known': ['pnl?owner=dana&asOf=2099-01-01T00:00:00.000000Z', /below its peak/],
  'pictures-nothing': ['pnl?owner=nobody', /There is nothing to show/],
}

for (const [screen, options] of Object.entries(screens))
  for (const colorScheme of ['light', 'dark'] as const)
    test(`every picture on a ${screen}, ${colorScheme}`, { skip: noBrowser }, async () => {
      const page = await open.visit('', { ...options, colorScheme })
      for (const [name, [hash, there]] of Object.entries(pages)) {
        await page.goto(`${open.server.url}/console#/pictures/${hash}`)
        await page.locator('main').getByText(there).first().waitFor()
        if (name !== 'pictures-nothing')
          await until(
            () => drawn(page),
            (dots) => dots > 0,
            `${name} is drawn`,
          )
        await looksWell(page, `${name}-${screen}-${colorScheme}`, colorScheme)
      }
    })

// docs/guides/pictures.md shows these.
test('as the guide shows them', { skip: noBrowser }, async () => {
  const page = await open.visit('', { viewport: { width: 1000, height: 880 } })
  for (const [name, stop] of [
    ['pictures-pnl', 150],
    ['pictures-bars', undefined],
  ] as const) {
    await page.goto(`${open.server.url}/console#/pictures/${pages[name]?.[0]}`)
    await until(
      () => drawn(page),
      (dots) => dots > 0,
      'it is drawn',
    )
    if (stop !== undefined) {
      await until(
        () => slider(page).getAttribute('max'),
        (max) => Number(max) > stop,
        'stops',
      )
      await slider(page).fill(String(stop))
      await page.waitForURL(/asOf=/)
      await until(
        () => page.locator('.pictures:not([aria-busy]) canvas').count(),
        (count) => count === 1,
        'it is known',
      )
      await until(
        () => drawn(page),
        (dots) => dots > 0,
        'it is drawn',
      )
    }
    await page.screenshot({ path: screenshot(name) })
  }
})
