// The console in a browser: tokens, and servers and networks that go away.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { noBrowser } from '../browser.ts'
import { AUDIENCE, ed25519, ISSUER } from '../tokens.ts'
import { openConsole, texts, until, type Console } from './open-console.ts'

const issuer = ed25519()
const auth = { publicKey: issuer.pem, issuer: ISSUER, audience: AUDIENCE }
const auditor = issuer.token({ sub: 'dora', scope: 'audit' })

let open: Console
before(async () => {
  if (!noBrowser) open = await openConsole({ auth })
})
after(() => open?.[Symbol.asyncDispose]())

test('a token is asked for, sent with every request, kept for the tab, and forgotten', { skip: noBrowser }, async () => {
  const page = await open.visit('#/entity/trade:alice:T-1')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('Token').fill('not.a.token')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('The token was not taken').waitFor()
  await page.getByLabel('Token').fill(auditor)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'trade:alice:T-1' }).waitFor()
  assert.deepEqual(await texts(page, '#who span'), ['dora'])

  await page.reload()
  await page.getByText('Version 3 of 3', { exact: true }).waitFor()
  await page.goto(`${open.server.url}/console#/feed`)
  await page.locator('.state').getByText('live', { exact: true }).waitFor()
  assert.equal(await page.evaluate('document.cookie + JSON.stringify(localStorage)'), '{}')

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  assert.equal(await page.evaluate('sessionStorage.length'), 0)
  const other = await open.visit('#/find')
  await other.getByRole('heading', { name: 'Sign in' }).waitFor()
})

test('what a token does not allow is said; who sees their own only, begins with their own', { skip: noBrowser }, async () => {
  const page = await open.visit('#/find?kind=trade')
  await page.getByLabel('Token').fill(`Bearer ${issuer.token({ sub: 'alice', scope: 'submit' })}`)
  await page.keyboard.press('Enter')
  await until(
    () => texts(page, '.entities td:first-child'),
    (ids) => ids.length === 3 && ids.every((id) => id.startsWith('trade:alice:')),
    'own',
  )
  await page.goto(`${open.server.url}/console#/entity/trade:bob:T-1`)
  await page.getByRole('alert').getByText("what is bob's needs the scope audit").waitFor()
  await page.goto(`${open.server.url}/console#/feed`)
  await page.getByRole('alert').getByText('the feed needs the scope consume').waitFor()
})

test('a network that goes and comes back: the page says so, and recovers by itself', { skip: noBrowser }, async () => {
  const page = await open.visit('#/find?kind=trade')
  await page.getByLabel('Token').fill(auditor)
  await page.keyboard.press('Enter')
  await page.locator('.entities').waitFor()
  await page.context().setOffline(true)
  await page.getByRole('link', { name: 'trade:alice:T-1' }).click()
  await page.getByRole('alert').getByText('The server can not be reached').waitFor()
  await page.context().setOffline(false)
  await page.getByText('Version 3 of 3', { exact: true }).waitFor()
  assert.equal(await page.getByRole('alert').count(), 0)

  await page.goto(`${open.server.url}/console#/health`)
  await page.locator('.light.good').nth(1).waitFor()
  await page.getByText('versions appended').waitFor()
  const figures = await texts(page, '.tile dt')
  for (const name of [
    'commands answered',
    'commands refused',
    'batches committed',
    'commands that wait',
    'reads that wait',
    'states in memory',
    'memory',
  ])
    assert.ok(figures.includes(name), `${name} in ${figures.join(', ')}`)
  await page.context().setOffline(true)
  await page.locator('.light.bad').nth(1).waitFor()
  await page.context().setOffline(false)
  await page.locator('.light.good').nth(1).waitFor()
})
