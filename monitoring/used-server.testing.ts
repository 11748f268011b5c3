// For tests: what a server says of itself on /metrics after it has done a bit of everything, wrong things too.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { openProjections, type OpenedProjections } from '../bin/projections.ts'
import { routes } from '../bin/routes.ts'
import { buildServer } from '../commands/http/server.ts'
import { serverMetrics } from '../commands/http/metrics/server-metrics.ts'
import { readSettings } from '../bin/settings.ts'
import { openLedger } from '../ledger/index.ts'

/** None of it may be in a label. */
export const PRIVATE = ['Secret.Owner', 'Secret-Local', 'Secret-Key', 'Secret-Actor'] as const
const [OWNER, LOCAL, KEY, ACTOR] = PRIVATE

/** Without news for so long, the reader of the feed has heard it all. */
const QUIET_MS = 300
const CAUGHT_UP_WITHIN_MS = 60_000

export async function usedServer(databaseUrl: string): Promise<string> {
  const metrics = serverMetrics()
  await using end = new AsyncDisposableStack()
  // Its analytics are in a file, which is no other server's.
  const dataDir = await mkdtemp(join(tmpdir(), 'strata-test-'))
  end.defer(() => rm(dataDir, { recursive: true }))
  const settings = readSettings({ STRATA_DATA_DIR: dataDir })
  assert.ok(settings.ok)
  const ledger = end.use(await openLedger({ url: databaseUrl, ...metrics }))
  const { statuses } = await openProjections(
    {
      place: { workingUrl: () => Promise.resolve(databaseUrl) },
      settings,
      ledger,
      log: pino({ enabled: false }),
      registry: metrics.registry,
    },
    end,
  )
  const app = buildServer({ ledger, auth: 'none', metrics, routes: routes({ watch: metrics.feed }), commandsPerSecond: 12 })
  try {
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    await use(url, statuses)
    return await (await fetch(`${url}/metrics`)).text()
  } finally {
    await app.close()
  }
}

async function use(url: string, statuses: OpenedProjections['statuses']): Promise<void> {
  const ask = async (method: string, path: string, body?: string | object, headers: Readonly<Record<string, string>> = {}) => {
    const sent = typeof body === 'object' ? JSON.stringify(body) : body
    const type = typeof body === 'object' ? 'application/json' : 'application/x-ndjson'
    const response = await fetch(url + path, {
      method,
      headers: { 'x-strata-actor': ACTOR, ...(sent && { 'content-type': type }), ...headers },
      body: sent ?? null,
    })
    await response.text()
    return response.status
  }
  const account = `account:${OWNER}:${LOCAL}`
  const leave = new AbortController()
  const events = await fetch(`${url}/v1/feed?after=end`, { headers: { accept: 'text/event-stream' }, signal: leave.signal })
  const reader = events.body?.getReader()
  await reader?.read()

  assert.equal(await ask('POST', '/v1/accounts', { owner: OWNER, accountId: LOCAL, currency: 'USD' }, { 'idempotency-key': KEY }), 201)
  assert.equal(await ask('POST', '/v1/accounts', { owner: OWNER, accountId: LOCAL, currency: 'USD' }, { 'idempotency-key': KEY }), 201)
  assert.equal(await ask('POST', `/v1/accounts/${account}/withdraw`, { amount: '1' }), 422)
  assert.equal(await ask('POST', `/v1/accounts/${account}/deposit`, { amount: '1' }), 200)
  assert.equal(await ask('POST', `/v1/accounts/${account}/deposit?dryRun=true`, { amount: '1' }), 200)
  assert.equal(await ask('POST', `/v1/commands`, `{"command":"Deposit","entityId":"${account}","data":{"amount":"1"}}\nno json\n`), 200)
  assert.equal(await ask('GET', `/v1/entities/${account}`), 200)
  assert.equal(await ask('GET', `/v1/entities/${account}0`), 404)
  assert.equal(await ask('GET', `/${OWNER}/${LOCAL}`), 404)
  assert.equal(await ask('GET', '/v1/feed?limit=2'), 200)
  assert.equal(await ask('GET', '/v1/feed', undefined, { accept: 'application/x-ndjson' }), 200)
  const hurried = await Promise.all(Array.from({ length: 30 }, () => ask('POST', `/v1/accounts/${account}/deposit`, { amount: '1' })))
  assert.ok(hurried.includes(429))
  await caughtUp(statuses)
  while (await Promise.race([reader?.read().then(() => true), sleep(QUIET_MS)]));
  // The reader is still there when it is looked at: it comes back for more at least once a second.
  setTimeout(() => leave.abort(), 1_000)
}

/** Every view has seen all that was appended, and has told so. */
async function caughtUp(statuses: OpenedProjections['statuses']): Promise<void> {
  for (const until = Date.now() + CAUGHT_UP_WITHIN_MS; ; await sleep(QUIET_MS)) {
    const runs = await statuses()
    if (runs.every(({ lag, positions }) => lag.versions === 0 && positions.some((position) => position > 0))) return
    assert.ok(Date.now() < until, JSON.stringify(runs))
  }
}
