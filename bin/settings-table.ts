// Promises: what `strata config` shows: every setting, its value with secrets masked, and where that came from.

import { maskSecrets } from './mask-secrets.ts'
import { type ReadSettings, type SettingSource, settingsList } from './settings.ts'

export type SettingsRow = Readonly<{ name: string; flag: string; value: string | number | null; source: SettingSource }>

export function settingsTable({ settings, sources }: Extract<ReadSettings, { readonly ok: true }>): readonly SettingsRow[] {
  return settingsList.map(({ name, environment, flag }) => {
    const value = settings[name] ?? null
    return { name: environment, flag, value: typeof value === 'string' ? maskSecrets(value) : value, source: sources[name] }
  })
}
