// Where the socket is by which others ask the process that has a DuckDB file open: the same for whoever names the file, in whatever way.
import { hash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

/** What every system takes for the name of a socket. */
const MAX_SOCKET_PATH_BYTES = 103

/** The folder and the name that a path leads to, whether or not the file is there yet. */
export async function realPath(path: string): Promise<string> {
  const folder = dirname(resolve(path))
  return join(await realpath(folder).catch(() => folder), basename(path))
}

/** Of this user, among the temporary ones. */
export const ownFolder = (): string => join(tmpdir(), `strata-${process.getuid?.() ?? 0}`)

/** Beside the file; where that is too long a name, in a folder of the user's own among the temporary ones. */
export async function socketPath(path: string): Promise<string> {
  const real = await realPath(path)
  const name = `strata-${hash('sha256', real).slice(0, 16)}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`
  const beside = `${real}.sock`
  return Buffer.byteLength(beside) <= MAX_SOCKET_PATH_BYTES ? beside : join(ownFolder(), `${name}.sock`)
}
