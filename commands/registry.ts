// Every command by its name, from registered.ts. Routes, the bulk form and the command line find them here.
import type { CommandDefinition } from './command.ts'
import * as registered from './registered.ts'

/** Every command, kind by kind. */
export const commands: readonly CommandDefinition[] = Object.values(registered).flat()

const byName: ReadonlyMap<string, CommandDefinition> = new Map(commands.map((command) => [command.name, command]))

export const commandNamed = (name: string): CommandDefinition | undefined => byName.get(name)
