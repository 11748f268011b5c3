// Promises: a setting may stand in a file: STRATA_DATABASE_URL_FILE names one that holds what STRATA_DATABASE_URL would (a Docker secret, a credential of systemd), since an environment is shown to
// many who should not see a password. Spaces and line ends around it don't count.

import { readFileSync } from 'node:fs'

const SUFFIX = '_FILE'

type Environment = Readonly<Record<string, string | undefined>>

export interface Filed {
  /** Without the names of files. */
  readonly environment: Environment
  /** By the name of the setting: what its file holds. */
  readonly files: Readonly<Record<string, string>>
  /** A sentence for each that can not be read. */
  readonly problems: readonly string[]
}

export function settingFiles(given: Environment, names: readonly string[]): Filed {
  const environment = { ...given }
  const files: Record<string, string> = {}
  const problems: string[] = []
  for (const name of names) {
    const path = given[name + SUFFIX]
    delete environment[name + SUFFIX]
    if (!path) continue
    if (given[name]) problems.push(`${name} and ${name + SUFFIX} are both set: choose one`)
    else
      try {
        files[name] = readFileSync(path, 'utf8').trim()
      } catch (error) {
        problems.push(`${name + SUFFIX} can not be read: ${error instanceof Error ? error.message : String(error)}`)
      }
  }
  return { environment, files, problems }
}
