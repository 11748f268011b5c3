// A signal: what a strategy expects of an instrument, how sure it is, and until when. Trades name the signal that they follow, so what was predicted can be held against what came of it.
import { z } from 'zod'
import { ownerSchema } from '../entity-id.ts'
import { keptInstant } from '../instant.ts'
import type { Kind, LedgerEvent } from '../kind.ts'
import { textSchema } from '../text.ts'
import { keptDecimal } from './kept.ts'

const submitted = {
  owner: ownerSchema,
  instrument: textSchema(),
  side: z.enum(['buy', 'sell']),
  /** From 0 to 1. */
  confidence: keptDecimal,
  strategy: textSchema().optional(),
  /** What it was made of; decimals in canonical form. */
  indicators: z.record(textSchema(), textSchema()).readonly(),
  /** Of the instrument when the signal was given. */
  price: keptDecimal.optional(),
  targetPrice: keptDecimal.optional(),
  /** By what part of its price: 0.02 is up by 2 %, -0.02 down. */
  expectedMove: keptDecimal.optional(),
  /** When what was predicted is to be held against what came of it; without it, at expiry. */
  horizonAt: keptInstant.optional(),
  expiresAt: keptInstant,
}

const signalState = z.strictObject({ ...submitted, status: z.enum(['open', 'expired', 'cancelled']) }).readonly()

const events = {
  SignalSubmitted: z.strictObject(submitted).readonly(),
  SignalExpired: z.strictObject({}).readonly(),
  SignalCancelled: z.strictObject({ reason: textSchema().optional() }).readonly(),
}

export type SignalState = z.infer<typeof signalState>

function evolve(signal: SignalState | undefined, { event, data }: LedgerEvent): SignalState {
  if (signal === undefined) return { ...(data as z.infer<(typeof events)['SignalSubmitted']>), status: 'open' }
  switch (event) {
    case 'SignalExpired':
      return { ...signal, status: 'expired' }
    case 'SignalCancelled':
      return { ...signal, status: 'cancelled' }
    default:
      return signal
  }
}

export const signal: Kind<SignalState> = {
  kind: 'signal',
  plural: 'signals',
  schemaVersion: 1,
  upcasters: {},
  state: signalState,
  events,
  evolve,
  filters: ['status', 'instrument', 'strategy'],
  sql: new URL('./signal.sql', import.meta.url),
  example: 'signal:alice:S-1',
}
