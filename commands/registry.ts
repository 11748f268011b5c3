// The registry of commands: one line per kind. Routes, the bulk form and the command line find every command here.
import { accountCommands } from './account.ts'
import type { CommandDefinition } from './command.ts'
import { ticketCommands } from './ticket.ts'
import { tradeCommands } from './trade.ts'

const byKind = {
  account: accountCommands,
  ticket: ticketCommands,
  trade: tradeCommands,
}

/** Every command, kind by kind. */
export const commands: readonly CommandDefinition[] = Object.values(byKind).flat()

const byName: ReadonlyMap<string, CommandDefinition> = new Map(commands.map((command) => [command.name, command]))

export const commandNamed = (name: string): CommandDefinition | undefined => byName.get(name)
