// Promises: a program in the user's cache, installed once: whole or not at all, whoever else installs it at the same time.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'strata', 'services')
const INSTALL_WITHIN_MS = 300_000

/** The folder `name` (with the version in it) of the cache. `fill` makes its contents, in the folder that it is given. */
export async function installed(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name)
  if (await isThere(folder)) return folder
  await mkdir(CACHE, { recursive: true, mode: 0o700 })
  const making = await mkdtemp(join(CACHE, `${name}-`))
  try {
    await fill(making)
    await rename(making, folder).catch(async (error: unknown) => {
      if (!(await isThere(folder))) throw error
    })
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  return folder
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Throws, with what the command said, unless it ends well. */
export async function command(program: string, args: readonly string[], cwd?: string): Promise<string> {
  const { stdout } = await run(program, args, {
    timeout: INSTALL_WITHIN_MS,
    maxBuffer: 16 * 1024 * 1024,
    ...(cwd !== undefined && { cwd }),
  })
  return stdout
}
