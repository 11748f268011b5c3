// The headers that commands share.
import type { Parameter } from '../../../ledger/description/operation.ts'

const VISIBLE = '^[!-~]{1,255}$'

const visible = (name: string, description: string, example: string): Parameter => ({
  name,
  in: 'header',
  description,
  // Not as the parameter's own example: pages to try the API would send it.
  schema: { type: 'string', pattern: VISIBLE, examples: [example] },
})

export const idempotencyKey = visible(
  'Idempotency-Key',
  'The same key with the same command is applied once, for ever, and answered the same; with another command of the same owner it is refused.',
  'order-4711',
)

export const ifMatch: Parameter = {
  name: 'If-Match',
  in: 'header',
  description: 'The version that the entity named first must be at: exactly one strong tag.',
  schema: { type: 'string', pattern: '^"[1-9][0-9]{0,14}"$', examples: ['"3"'] },
}

export const correlationId = visible('X-Correlation-Id', "What the command belongs to; the command's own id if it is left out.", 'desk-1')
export const causationId = visible('X-Causation-Id', 'What caused the command.', 'signal-17')
export const actor = visible(
  'X-Strata-Actor',
  'Who asks, where there are no tokens; `local` if it is left out. With a token it is refused: the actor is its subject.',
  'alice',
)

export const traceparent: Parameter = {
  name: 'traceparent',
  in: 'header',
  description: 'W3C Trace Context: the trace is continued, where the server traces. It is not kept with the command.',
  schema: { type: 'string', examples: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'] },
}

/** Described once in the document, by these names. */
export const sharedParameters: Readonly<Record<string, Parameter>> = {
  IdempotencyKey: idempotencyKey,
  IfMatch: ifMatch,
  CorrelationId: correlationId,
  CausationId: causationId,
  Actor: actor,
  Traceparent: traceparent,
}
