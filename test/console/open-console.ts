// Promises: the console in a real browser, on a real server with the sample data. A page that has a fault, or asks anything of anybody else, fails its test.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { playDemo } from '../../bin/demo.ts'
import { routes } from '../../bin/routes.ts'
import type { ProjectionStatus } from '../../projections/serving/projection-status.ts'
import { duckdbSink } from '../../projections/sinks/duckdb.ts'
import type { Projection } from '../../projections/projection.ts'
import { projector } from '../../projections/runner/projector.ts'
import { postgresSink } from '../../projections/sinks/postgres.ts'
import { openBrowser } from '../browser.ts'
import { testDatabase, type TestDatabase } from '../database.ts'
import { served, type Served, type ServedOptions } from '../served.ts'

export interface Console extends AsyncDisposable {
  readonly database: TestDatabase
  readonly server: Served
  /** A tab of its own, as of a new visitor. */
  visit(hash?: string, options?: BrowserContextOptions): Promise<Page>
}

export interface ConsoleOptions extends ServedOptions {
  /** Those that the server runs; none, where they are left out. */
  readonly projections?: readonly Projection[]
  /** Those that it keeps in a DuckDB file; without them, there is none. */
  readonly analytics?: readonly Projection[]
}

const WITHIN_MS = 10_000
/** The browser's own words for an answer that is not a success, or did not come; and for what a test tries, which throws, too, if a page does it. */
const EXPECTED = /^Failed to load resource|requires 'TrustedHTML'/

export async function openConsole({ projections = [], analytics, ...options }: ConsoleOptions = {}): Promise<Console> {
  const database = await testDatabase()
  const sink = postgresSink({ url: database.url })
  const tables = analytics && (await openTables(analytics))
  const analysts = tables?.sinks ?? []
  const names = tables && { sinks: analysts.map(({ name }) => name), projections: tables.projections }
  const all = routes({ sinks: [sink], projections, analysts, ...(names && { analytics: names }) })
  const server = await served(database.url, { routes: all, ...options })
  await playDemo(server.ledger)
  const running = projector({ ledger: server.ledger, sinks: [sink], projections, heartbeatMs: 100 })
  const runningTables = tables && projector({ ledger: server.ledger, ...tables, heartbeatMs: 100 })
  const browser = await openBrowser()
  const contexts: BrowserContext[] = []
  const faults: string[] = []

  function watch(page: Page): void {
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) faults.push(message.text())
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(`${server.url}/`)) faults.push(`it asked ${request.url()}`)
      if (/token|bearer/i.test(request.url())) faults.push(`a token in ${request.url()}`)
    })
  }

  return {
    database,
    server,
    async visit(hash = '', visitor = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: 'Asia/Tokyo', ...visitor })
      context.setDefaultTimeout(WITHIN_MS)
      contexts.push(context)
      const page = await context.newPage()
      watch(page)
      await page.goto(`${server.url}/console${hash}`)
      return page
    },
    async [Symbol.asyncDispose]() {
      for (const context of contexts) await context.close()
      await browser.close()
      await running[Symbol.asyncDispose]()
      await runningTables?.[Symbol.asyncDispose]()
      await server.close()
      await sink[Symbol.asyncDispose]()
      await tables?.close()
      await database.drop()
      assert.deepEqual(faults, [])
    },
  }
}

async function openTables(projections: readonly Projection[]) {
  const folder = await mkdtemp(join(tmpdir(), 'strata-console-'))
  const sink = duckdbSink({ path: join(folder, 'console.duckdb') })
  const close = async () => {
    await sink[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  }
  return { sinks: [sink], projections, close }
}

/** Until all that was recorded so far is in every view. */
export const untilProjected = (server: Served) =>
  until(
    async () => {
      const { text } = await server.call('GET', '/v1/projections')
      return (JSON.parse(text) as { readonly data: readonly ProjectionStatus[] }).data.map(({ name, state, lag }) => ({ name, state, lag }))
    },
    (all) => all.every(({ state, lag }) => state === 'running' && lag.versions === 0),
    'all is projected',
  )

/** Until it holds; fails with what was last seen. */
export async function until<Seen>(look: () => Promise<Seen>, holds: (seen: Seen) => boolean, what: string): Promise<Seen> {
  for (const deadline = Date.now() + WITHIN_MS; ;) {
    const seen = await look()
    if (holds(seen)) return seen
    assert.ok(Date.now() < deadline, `${what}: ${JSON.stringify(seen)}`)
    await new Promise((next) => setTimeout(next, 30))
  }
}

export const texts = (page: Page, selector: string): Promise<readonly string[]> => page.locator(selector).allInnerTexts()
