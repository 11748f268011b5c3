// Promises: every command takes the settings that it uses as flags too, with the same names, limits and sentences as in the environment.

import type { Command } from 'commander'
import { CommandFailed, EXIT } from './exit.ts'
import { type Flags, type ReadSettings, readSettings, type SettingName, settingsList } from './settings.ts'

export type GoodSettings = Extract<ReadSettings, { readonly ok: true }>

/** What leads to the ledger. */
export const LEDGER_SETTINGS: readonly SettingName[] = ['databaseUrl', 'dataDir', 'partitions']
export const ALL_SETTINGS: readonly SettingName[] = settingsList.map(({ name }) => name)

export function withSettingFlags(command: Command, names: readonly SettingName[]): Command {
  for (const { name, flag, environment, description } of settingsList)
    if (names.includes(name)) command.option(`${flag} <value>`, `${description} [${environment}]`)
  return command
}

/** The settings from a command's flags, the environment and the defaults. What is wrong with them is a usage error. */
export function settingsOf(flags: Flags): GoodSettings {
  const read = readSettings(process.env, flags)
  if (!read.ok) throw new CommandFailed(read.problems.join('\n'), { exitCode: EXIT.usage })
  return read
}
