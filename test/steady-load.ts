// Promises: so many requests a second, of everything that the API does, whether or not the ones before are answered; and how each went. Fewer only where so many wait already that the machine is too slow for it.
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Asked {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: object
  readonly key?: string
  /** What it is answered, when all is well. */
  readonly expected: number
}

export interface Sample {
  readonly asked: Asked
  /** Milliseconds since the process began. */
  readonly sentAt: number
  readonly ms: number
  readonly tries: number
  /** Undefined: as expected. */
  readonly failure: string | undefined
}

export interface SteadyLoad {
  readonly samples: readonly Sample[]
  /** Waits for all that is under way. */
  stop(): Promise<void>
}

export interface SteadyLoadOptions {
  /** Where the nth try of a request goes. */
  readonly url: (tried: number) => string
  /** Tries of a request whose connection is closed or refused. */
  readonly tries: number
  readonly perSecond: number
  readonly next: (n: number) => Asked
}

const TICK_MS = 5
const TIMEOUT_MS = 10_000
const BETWEEN_TRIES_MS = 20
const MOST_AT_A_TIME = 48

export function steadyLoad({ url, tries, perSecond, next }: SteadyLoadOptions): SteadyLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_A_TIME })
  const samples: Sample[] = []
  const underWay = new Set<Promise<void>>()
  let lastAt = performance.now()
  let due = 0
  let sent = 0

  async function one(asked: Asked, sentAt: number): Promise<void> {
    const sample = (tries: number, failure?: string): Sample => ({ asked, sentAt, ms: performance.now() - sentAt, tries, failure })
    for (let tried = 1; ; tried++) {
      try {
        const status = await answered(url(tried - 1), asked, agent)
        return void samples.push(sample(tried, status === asked.expected ? undefined : String(status)))
      } catch (error) {
        if (tried === tries) return void samples.push(sample(tried, String(error)))
        await sleep(BETWEEN_TRIES_MS)
      }
    }
  }

  const timer = setInterval(() => {
    const now = performance.now()
    due = Math.min(due + ((now - lastAt) * perSecond) / 1_000, MOST_AT_A_TIME - underWay.size)
    lastAt = now
    for (; due >= 1; due--) {
      const going = one(next(sent++), now).finally(() => underWay.delete(going))
      underWay.add(going)
    }
  }, TICK_MS)
  return {
    samples,
    async stop() {
      clearInterval(timer)
      await Promise.all(underWay)
      agent.destroy()
    },
  }
}

function answered(url: string, { method, path, body, key }: Asked, agent: Agent): Promise<number> {
  const headers = { ...(body && { 'content-type': 'application/json' }), ...(key !== undefined && { 'idempotency-key': key }) }
  return new Promise((done, fail) => {
    const sent = request(url + path, { method, agent, headers, timeout: TIMEOUT_MS }, (response) => {
      response.resume()
      response.on('end', () => done(response.statusCode ?? 0))
      response.on('error', fail)
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    sent.on('error', fail)
    sent.end(body && JSON.stringify(body))
  })
}

const OWNERS = 24
const accountOf = (owner: string): string => `account:${owner}:USD`

/** To be sent before anything else: the accounts. */
export const openings: readonly Asked[] = Array.from({ length: OWNERS }, (_, n) => ({
  method: 'POST',
  path: '/v1/accounts',
  body: { owner: `o${n}`, accountId: 'USD', currency: 'USD', limit: null },
  expected: 201,
}))

/** A bit of everything, in turns, each with a key of its own. */
export function everyRoute(run: string): (n: number) => Asked {
  return (n) => {
    const owner = `o${n % OWNERS}`
    const account = accountOf(owner)
    const get = (path: string): Asked => ({ method: 'GET', path, expected: 200 })
    const post = (path: string, body: object, expected: number): Asked => ({ method: 'POST', path, body, key: `${run}-${n}`, expected })
    const trade = {
      owner,
      tradeId: `${run}-${n}`,
      instrument: 'AAPL',
      side: 'buy',
      quantity: '3',
      price: '1.25',
      currency: 'USD',
      fundingAccountId: account,
    }
    const turns: readonly (() => Asked)[] = [
      () => post('/v1/trades', trade, 201),
      () => post(`/v1/accounts/${account}/deposit`, { amount: '10' }, 200),
      () => post('/v1/transfers', { fromAccountId: account, toAccountId: accountOf(`o${(n + 1) % OWNERS}`), amount: '1' }, 200),
      () => get(`/v1/accounts/${account}`),
      () => get(`/v1/accounts/${account}?asOf=${new Date(Date.now() - 50).toISOString()}`),
      () => get(`/v1/entities/${account}/history?limit=10`),
      () => get(`/v1/feed?limit=10&owner=${owner}`),
      () => get('/v1/trades?limit=5'),
      () => get('/health/ready'),
    ]
    return (turns[n % turns.length] ?? (() => get('/health/live')))()
  }
}

export const failuresOf = (samples: readonly Sample[]): readonly string[] =>
  samples.flatMap(({ asked, failure }) => (failure === undefined ? [] : [`${asked.method} ${asked.path}: ${failure}`]))
