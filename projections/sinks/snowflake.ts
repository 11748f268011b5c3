// Views as tables of Snowflake, in the schema that the URL names: a table per build of a view, with a column per member, and a view of the view's name that readers see. A batch goes to a stage as a file, is loaded by COPY INTO, and
// merged in one transaction with what is remembered and how far the view is. The driver is loaded when it is first needed.
import type { AnalyticSink, Pace } from './sink.ts'
import { snowflakeAddress, type SnowflakeAddress } from './snowflake/address.ts'
import { filesOf } from './snowflake/files.ts'
import { selectFrom } from './snowflake/select.ts'
import { STATEMENT_TIMEOUT_MS } from './snowflake/session.ts'
import { MAX_ASKING_SESSIONS, sessionsOf } from './snowflake/sessions.ts'
import { slotBook } from './snowflake/slots.ts'
import { tablesOf } from './snowflake/tables.ts'
import { viewOf } from './snowflake/view.ts'

/** A batch costs its statements, however few rows are in it: so batches are large. */
export const SNOWFLAKE_BATCH_VERSIONS = 10_000
/** At the head: a warehouse that is woken is paid for a minute, and then for the minute until it is suspended. */
export const SNOWFLAKE_GATHER_MS = 300_000

export interface SnowflakeSinkOptions {
  /** snowflake://USER:PASSWORD@ACCOUNT/DATABASE/SCHEMA?warehouse=W&role=R (snowflake/address.ts). */
  readonly url: string
  readonly name?: string
  readonly pace?: Pace
  readonly statementTimeoutMs?: number
  /** Told of every statement before it is sent. */
  readonly onStatement?: (text: string) => void
}

/** Throws TypeError where the URL is none. */
export function snowflakeSink({
  url,
  name = 'snowflake',
  pace,
  statementTimeoutMs = STATEMENT_TIMEOUT_MS,
  onStatement = () => undefined,
}: SnowflakeSinkOptions): AnalyticSink {
  const address = addressOf(url)
  const { gatherSeconds } = address
  const sessions = sessionsOf({ address, statementTimeoutMs, onStatement })
  // Of their own: how long a statement may take is a setting of the session.
  const asking = sessionsOf({ address, statementTimeoutMs, onStatement }, MAX_ASKING_SESSIONS)
  const files = filesOf()
  const slots = slotBook(sessions)
  return {
    name,
    pace: pace ?? {
      batchVersions: SNOWFLAKE_BATCH_VERSIONS,
      gatherMs: gatherSeconds === undefined ? SNOWFLAKE_GATHER_MS : gatherSeconds * 1_000,
    },
    async open(projection, slot) {
      const tables = await slots.open(projection, slot)
      const live = async () => {
        const filled = await slots.live(projection)
        return filled && tablesOf(projection, filled.build)
      }
      return viewOf({ sessions, files, tables, live })
    },
    liveVersion: async (projection) => (await slots.live(projection))?.version,
    swap: (projection, catchUp = () => Promise.resolve()) => slots.swap(projection, catchUp),
    drop: (projection, slot) => slots.drop(projection, slot),
    select: (select, options) => selectFrom(asking, select, options),
    async [Symbol.asyncDispose]() {
      await Promise.all([sessions, asking].map((some) => some[Symbol.asyncDispose]()))
      await files[Symbol.asyncDispose]()
    },
  }
}

function addressOf(url: string): SnowflakeAddress {
  try {
    return snowflakeAddress(url)
  } catch (error) {
    throw error instanceof TypeError ? new TypeError(`the URL of Snowflake ${error.message}`) : error
  }
}
