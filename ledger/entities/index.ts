// Every kind by its name, from registered.ts. Whatever works on any kind finds it here.
import type { Kind } from '../kind.ts'
import * as registered from './registered.ts'

/** Every kind by its name. What a kind's own state looks like is known in its own file only. */
export const kinds = Object.fromEntries(Object.entries(registered)) as unknown as Readonly<Record<string, Kind>>

export const kindNamed = (name: string): Kind | undefined => (Object.hasOwn(kinds, name) ? kinds[name] : undefined)

type Registered = typeof registered
/** The state of a kind by its name: of one that is not registered, any object. */
export type StateOf<Name extends string> = Name extends keyof Registered
  ? Registered[Name] extends Kind<infer State>
    ? State
    : never
  : object
