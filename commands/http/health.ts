// Health: live while the process answers; ready while it can also do its work, which is to say the database answers and its ledger has a schema that this program works on.
import type { FastifyInstance } from 'fastify'
import type { Operation } from '../../ledger/description/operation.ts'
import type { Ledger } from '../../ledger/index.ts'
import { ledgerSchema, misfit } from '../../ledger/schema-version.ts'
import { problem } from '../problem.ts'
import { RETRY_AFTER_SECONDS } from '../submit/submitter.ts'
import { liveOperation, readyOperation } from './description/server-operations.ts'
import { READY_WITHIN_MS } from './limits.ts'
import { sendProblem } from './problems.ts'

export interface HealthOptions {
  readonly ledger: Ledger
  readonly troubled: () => Promise<readonly object[]>
  readonly stopping: AbortSignal
}

/** Without a token: whoever watches the process has none, and it tells nothing of the ledger. */
const open = (operation: Operation) => ({ config: { open: true, operation } }) as const

export function healthRoutes(app: FastifyInstance, { ledger, troubled, stopping }: HealthOptions): void {
  let asking: ReturnType<typeof look> | undefined
  const look = async (): Promise<{ readonly whyNot: string | undefined; readonly troubled: readonly object[] }> => {
    const [whyNot, found] = await Promise.all([
      lookAt(ledger),
      inTime(
        troubled().catch(() => []),
        [],
      ),
    ])
    return { whyNot, troubled: found }
  }
  /** One question to the database at a time, however many ask. */
  const looked = (): ReturnType<typeof look> => (asking ??= look().finally(() => (asking = undefined)))

  app.get('/health/live', open(liveOperation), () => ({ status: 'live' }))
  app.get('/health/ready', open(readyOperation), async (_, reply) => {
    const found = await looked()
    const reason = stopping.aborted ? 'the server is stopping' : found.whyNot
    if (reason === undefined) return { status: 'ready', troubled: found.troubled }
    return sendProblem(reply, problem('unavailable', reason, { retryAfterSeconds: RETRY_AFTER_SECONDS }))
  })
}

async function inTime<Result, Late>(work: Promise<Result>, late: Late): Promise<Result | Late> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<Late>((resolve) => (timer = setTimeout(() => resolve(late), READY_WITHIN_MS)))
  return Promise.race([work, over]).finally(() => clearTimeout(timer))
}

async function lookAt({ database }: Ledger): Promise<string | undefined> {
  const schema = await inTime(
    ledgerSchema(database).catch(() => 'away' as const),
    'late' as const,
  )
  return schema === 'late' || schema === 'away' ? 'the database does not answer' : misfit(schema)
}
