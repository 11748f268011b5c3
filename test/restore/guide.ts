// Promises: docs/guides/backup-and-restore.md, done to the letter: its blocks by their names, with a folder of the test's own for /srv, by PostgreSQL 15 of Debian's packages and the user that it runs as.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fences } from '../../docs/markdown.ts'
import { giveTo, postgresOwner } from '../../ledger/embedded/owner.ts'
import { waitUntilGone } from '../../ledger/embedded/postmaster.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../ledger/embedded-postgres.ts'
import { debianPostgres, missingDebianPostgres } from '../postgres.ts'

const MAJOR = '15'
const GONE_WITHIN_MS = 20_000
const GUIDE = join(import.meta.dirname, '..', '..', 'docs', 'guides', 'backup-and-restore.md')

export const missing = missingDebianPostgres(MAJOR)

export interface Machine extends AsyncDisposable {
  /** A block of the guide. */
  block(name: string): string
  /** Runs a block of shell to its end; throws unless it ends well. */
  run(name: string, environment?: Readonly<Record<string, string>>): Promise<void>
  /** A block that goes on until it is killed. */
  begin(name: string, environment: Readonly<Record<string, string>>): ChildProcess
  /** PostgreSQL on the data in a folder of /srv, with the settings of these blocks; made there if there is none. */
  postgres(folder: string, ...blocks: readonly string[]): Promise<EmbeddedPostgres>
  /** PostgreSQL is killed at once, and its data is gone. */
  lose(folder: string, postgres: EmbeddedPostgres): Promise<void>
}

export async function machine(): Promise<Machine> {
  const blocks = fences(await readFile(GUIDE, 'utf8'))
  const debian = debianPostgres(MAJOR)
  const srv = await mkdtemp(join(tmpdir(), 'strata-restore-'))
  await chmod(srv, 0o755)
  for (const folder of ['backup', 'backup/wal', 'backup/stream']) await mkdir(join(srv, folder))
  // The embedded server's launcher, which runs PostgreSQL here, wants its data one folder deeper.
  await mkdir(join(srv, 'restored'))
  await giveTo(postgresOwner(), srv)
  const running: ChildProcess[] = []

  function block(name: string): string {
    const found = blocks.find(({ info }) => info === name)
    if (found === undefined) throw new Error(`the guide has no block ${name}`)
    return found.text.replaceAll('/srv/restored', join(srv, 'restored', 'postgres')).replaceAll('/srv/', `${srv}/`)
  }

  function begin(name: string, environment: Readonly<Record<string, string>>): ChildProcess {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', block(name)], {
      ...postgresOwner(),
      cwd: srv,
      env: { ...environment, PATH: `${debian.bin}:${process.env['PATH'] ?? ''}` },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    running.push(child)
    return child
  }

  return {
    block,
    begin,
    async run(name, environment = {}) {
      const [code] = (await once(begin(name, environment), 'close')) as [number | null]
      if (code !== 0) throw new Error(`${name} ended with ${code}:\n${block(name)}`)
    },
    postgres: (folder, ...names) =>
      startEmbeddedPostgres({
        dataDir: join(srv, folder),
        binaries: debian,
        settings: Object.fromEntries(names.flatMap((name) => settingsIn(block(name)))),
      }),
    async lose(folder, postgres) {
      const { pid } = postgres
      process.kill(pid, 'SIGKILL')
      await postgres.stop()
      await waitUntilGone(join(srv, folder, 'postgres'), pid, GONE_WITHIN_MS)
      await rm(join(srv, folder, 'postgres'), { recursive: true })
    },
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill()
      await rm(srv, { recursive: true, force: true })
    },
  }
}

/** Of a block for postgresql.conf. */
const settingsIn = (text: string): readonly (readonly [name: string, value: string])[] =>
  [...text.matchAll(/^(\w+) = '?(.*?)'?$/gm)].map(([, name = '', value = '']) => [name, value])
