import { after } from 'node:test'
import { sharedSnowflake } from '../../test/services/shared.ts'
import { sinkContract } from './contract.testing.ts'
import { snowflakeSink } from './snowflake.ts'

const { address, skip } = await sharedSnowflake()
const url = new URL(address || 'snowflake://none')
url.pathname = `/STRATA/CONTRACT_${process.pid}`
const standIn = new URL(url.searchParams.get('accessUrl') ?? 'http://127.0.0.1')
const sink = skip ? undefined : snowflakeSink({ url: url.href })
after(() => sink?.[Symbol.asyncDispose]())

const behind = (port: number): string => {
  const proxied = new URL(url)
  proxied.searchParams.set('accessUrl', `http://127.0.0.1:${port}`)
  return proxied.href
}

sinkContract('snowflake', () => sink as NonNullable<typeof sink>, {
  skip,
  behind: {
    port: () => Number(standIn.port),
    sink: (port) => snowflakeSink({ url: behind(port), statementTimeoutMs: 5_000 }),
    isWrite: (request) => request.includes('COMMIT'),
  },
})
