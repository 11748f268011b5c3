// For tests: a kind that the registry does not have, or another version of one, as a program would have it that was shipped with it.
import { kinds } from './entities/index.ts'
import type { Kind } from './kind.ts'

/** From now on, and in this process, the registry has this kind. Any ledger opened before still remembers states in the old shape, as a program of its own would: open another. */
export function shipKind<State extends object>(kind: Kind<State>): void {
  Object.assign(kinds, { [kind.kind]: kind })
}
