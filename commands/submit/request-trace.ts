// The trace of the request that a command came with. There is none unless traces are switched on and this one is sampled.
import type { Context } from '@opentelemetry/api'

export interface RequestTrace {
  /** With the request's span. */
  readonly context: Context
  /** For the log, by OpenTelemetry's names. */
  readonly ids: { readonly trace_id: string; readonly span_id: string }
  /** How many of the request's commands may still have spans of their own. */
  commandsLeft: number
}
