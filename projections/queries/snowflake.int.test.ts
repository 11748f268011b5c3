import { after } from 'node:test'
import { sharedSnowflake } from '../../test/services/shared.ts'
import { testSnowflake } from '../../test/snowflake.ts'
import { snowflakeSink } from '../sinks/snowflake.ts'
import type { AnalyticSink } from '../sinks/sink.ts'
import { queryContract } from './contract.testing.ts'

const { address, skip } = await sharedSnowflake()
const snowflake = skip ? undefined : snowflakeSink({ url: testSnowflake(address) })
after(() => snowflake?.[Symbol.asyncDispose]())

queryContract('Snowflake', () => snowflake as AnalyticSink, { skip })
