// The registry of kinds: one line per kind. Whatever works on any kind finds it here by name.
import type { Kind } from '../kind.ts'
import { account } from './account.ts'
import { ticket } from './ticket.ts'
import { trade } from './trade.ts'

const registered = {
  account,
  ticket,
  trade,
}

/** Every kind by its name. What a kind's own state looks like is known in its own file only. */
export const kinds = registered as unknown as Readonly<Record<string, Kind>>

export const kindNamed = (name: string): Kind | undefined => (Object.hasOwn(kinds, name) ? kinds[name] : undefined)
