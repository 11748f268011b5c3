// How a kind's file defines its commands: typed by the kind's own state and the command's own data there, and of one type in the registry. The framework keeps the promise behind the casts: a
// decider only ever gets a state of its kind, and data that its schema made.
import type { Asked, CommandDefinition, Decision, Lookup } from './command.ts'

type Creating<Data extends object> = Omit<CommandDefinition<object, Data>, 'decide' | 'entityIn' | 'reachesOthers'> & {
  readonly creates: { readonly local: string }
  readonly decide: (asked: Asked<Data>, lookup: Lookup) => Decision
}

type Changing<State extends object, Data extends object> = Omit<CommandDefinition<State, Data>, 'decide' | 'creates'> & {
  readonly decide: (state: State, asked: Asked<Data>, lookup: Lookup) => Decision
}

/** A command that makes its entity. */
export function creating<Data extends object>({ decide, ...definition }: Creating<Data>): CommandDefinition {
  return { ...definition, decide: (_, asked, lookup) => decide(asked as Asked<Data>, lookup) }
}

/** A command on an entity that is there. */
export function changing<State extends object, Data extends object>({
  decide,
  reachesOthers,
  ...definition
}: Changing<State, Data>): CommandDefinition {
  return {
    ...definition,
    ...(reachesOthers && { reachesOthers: ({ entityId, data }) => reachesOthers({ entityId, data: data as Data }) }),
    decide: (state, asked, lookup) => {
      if (state === undefined) throw new TypeError(`${definition.name} decided without the state of ${asked.entityId}`)
      return decide(state as State, asked as Asked<Data>, lookup)
    },
  }
}
