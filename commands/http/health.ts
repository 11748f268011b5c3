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
  readonly stopping: AbortSignal
}

/** Without a token: whoever watches the process has none, and it tells nothing of the ledger. */
const open = (operation: Operation) => ({ config: { open: true, operation } }) as const

export function healthRoutes(app: FastifyInstance, { ledger, stopping }: HealthOptions): void {
  let asking: Promise<string | undefined> | undefined
  /** One question to the database at a time, however many ask. */
  const whyNot = (): Promise<string | undefined> => (asking ??= lookAt(ledger).finally(() => (asking = undefined)))

  app.get('/health/live', open(liveOperation), () => ({ status: 'live' }))
  app.get('/health/ready', open(readyOperation), async (_, reply) => {
    const reason = stopping.aborted ? 'the server is stopping' : await whyNot()
    if (reason === undefined) return { status: 'ready' }
    return sendProblem(reply, problem('unavailable', reason, { retryAfterSeconds: RETRY_AFTER_SECONDS }))
  })
}

async function lookAt({ database }: Ledger): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), READY_WITHIN_MS)))
  const schema = await Promise.race([ledgerSchema(database).catch(() => 'away' as const), late])
  clearTimeout(timer)
  return schema === 'late' || schema === 'away' ? 'the database does not answer' : misfit(schema)
}
