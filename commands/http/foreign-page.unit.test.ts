import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foreignPage } from './foreign-page.ts'

const HOST = '127.0.0.1:7480'
const pointerOf = (method: string, headers: Readonly<Record<string, string>>): string | undefined =>
  foreignPage(method, headers)?.errors?.[0]?.pointer

test('programs, and the pages of the server itself, are heard', () => {
  for (const host of [HOST, 'localhost:7480', '[::1]:7480', '127.0.0.1', 'LOCALHOST', 'strata', '10.0.0.1:7480', 'a.localhost'])
    assert.equal(pointerOf('POST', { host }), undefined, host)
  assert.equal(pointerOf('POST', { host: HOST, origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' }), undefined)
  assert.equal(pointerOf('POST', { host: HOST, 'sec-fetch-site': 'none' }), undefined)
  assert.equal(pointerOf('POST', {}), undefined)
})

test('pages of other sites change nothing, whatever port of this machine they are from', () => {
  assert.equal(pointerOf('POST', { host: HOST, origin: 'https://example.com' }), 'origin')
  assert.equal(pointerOf('POST', { host: HOST, origin: 'null' }), 'origin')
  assert.equal(pointerOf('POST', { host: HOST, origin: 'http://127.0.0.1:3000' }), 'origin')
  assert.equal(pointerOf('DELETE', { host: HOST, 'sec-fetch-site': 'cross-site' }), 'sec-fetch-site')
  assert.equal(pointerOf('POST', { host: HOST, 'sec-fetch-site': 'same-site' }), 'sec-fetch-site')
  assert.equal(pointerOf('GET', { host: HOST, origin: 'https://example.com', 'sec-fetch-site': 'cross-site' }), undefined)
})

test('a name of the internet that leads here is refused, for reading too', () => {
  for (const host of ['example.com', 'example.com:7480', 'localhost.example.com', '127.0.0.1.example.com', 'a b'])
    assert.equal(pointerOf('GET', { host }), 'host', host)
})
