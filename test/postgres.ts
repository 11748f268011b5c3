// Promises: the PostgreSQL server that tests run on: the embedded one, or with STRATA_TEST_POSTGRES=15 the one of that major version that Debian packages, run in the very same way.
// It differs from the one that Strata ships in having more connections, and no fsync if STRATA_TEST_FSYNC=off asks for that.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Binaries } from '../ledger/embedded/binaries.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../ledger/embedded-postgres.ts'

/** Undefined: the embedded one. */
export const testedMajor: string | undefined = process.env['STRATA_TEST_POSTGRES'] || undefined

export function startTestPostgres(dataDir: string, settings: Readonly<Record<string, string>> = {}): Promise<EmbeddedPostgres> {
  const fsync = process.env['STRATA_TEST_FSYNC'] === 'off' ? 'off' : 'on'
  const binaries = testedMajor === undefined ? undefined : debianPostgres(testedMajor)
  return startEmbeddedPostgres({ dataDir, settings: { max_connections: '200', fsync, ...settings }, ...(binaries && { binaries }) })
}

export interface DebianPostgres extends Binaries {
  /** The folder of these and of all other programs of that version. */
  readonly bin: string
}

export function debianPostgres(major: string): DebianPostgres {
  const bin = join('/usr/lib/postgresql', major, 'bin')
  return { bin, initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
}

/** Why tests on it are skipped, for `{ skip }`: said aloud, and in CI a failure. */
export function missingDebianPostgres(major: string): string | false {
  const { postgres } = debianPostgres(major)
  if (existsSync(postgres)) return false
  const missing = `NOT TESTED on PostgreSQL ${major}: there is no ${postgres} (apt-get install postgresql-${major})`
  if (process.env['CI']) throw new Error(missing)
  console.error(missing)
  return missing
}
