// A server that speaks Snowflake's protocol to Snowflake's own driver: fakesnow, on DuckDB, behind an adapter of ours (snowflake/sfserver.py), from Python packages that are pinned by their hashes. What it
// can not do, and where it differs, stands in snowflake/README.md.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { command, installed } from './install.ts'
import { freePorts, startService, type Service } from './service.ts'

export const FAKESNOW_VERSION = '0.12.1'

const HERE = join(import.meta.dirname, 'snowflake')

const install = (): Promise<string> =>
  installed(`snowflake-${FAKESNOW_VERSION}`, async (folder) => {
    const how = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--disable-pip-version-check', '--root-user-action=ignore']
    await command('python3', ['-m', 'pip', 'install', '-q', ...how, '--target', folder, '-r', join(HERE, 'requirements.txt')])
    await command('env', [`PYTHONPATH=${folder}`, 'python3', '-c', 'import fakesnow.server'])
  })

export interface SnowflakeOptions {
  /** After which a transaction that holds up another one, and does nothing, is ended. In Snowflake it is five minutes. */
  readonly idleSeconds?: number
}

export const snowflake = {
  name: 'Snowflake',
  setting: 'STRATA_TEST_SNOWFLAKE_URL',
  install,
  async start({ idleSeconds = 300 }: SnowflakeOptions = {}): Promise<Service> {
    const packages = await install()
    const [port = 0] = await freePorts(1)
    return startService({
      name: 'snowflake',
      port,
      // Whoever comes is let in, and a database that is named is there.
      address: `snowflake://strata:secret@stand-in/STRATA/ANALYTICS?warehouse=STRATA&role=STRATA&accessUrl=${encodeURIComponent(`http://127.0.0.1:${port}`)}`,
      prepare: (folder) => mkdir(join(folder, 'data')),
      command: (folder) => [
        'env',
        `PYTHONPATH=${packages}`,
        'PYTHONDONTWRITEBYTECODE=1',
        `STANDIN_IDLE_SECONDS=${idleSeconds}`,
        `FAKESNOW_DB_PATH=${join(folder, 'data')}`,
        'python3',
        join(HERE, 'sfserver.py'),
        String(port),
      ],
    })
  },
} as const
