// Promises: the user that PostgreSQL runs as, and that it can reach its files, or one sentence that says which folder is in the way.
// PostgreSQL refuses to run as root; as root it is run as `nobody`, by number, so that no user need be created.

import { chown, lstat, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readdir } from 'node:fs/promises'

const NOBODY = 65534

/** What to give to spawn: nobody's ids as root, nothing otherwise. */
export type Owner = Readonly<{ uid?: number; gid?: number }>

export function postgresOwner(): Owner {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
}

export async function giveTo(owner: Owner, path: string): Promise<void> {
  if (owner.uid === undefined) return
  await chown(path, owner.uid, owner.gid ?? owner.uid)
  if (!(await lstat(path)).isDirectory()) return
  for (const name of await readdir(path)) await giveTo(owner, join(path, name))
}

/** Throws, naming the folder, if the owner may not pass through one of the folders that lead to `path`. */
export async function assertReachable(owner: Owner, path: string): Promise<void> {
  if (owner.uid === undefined) return
  const folders: string[] = []
  for (let folder = await realpath(path); ; folder = dirname(folder)) {
    folders.unshift(folder)
    if (folder === dirname(folder)) break
  }
  for (const folder of folders) {
    const { mode, uid, gid } = await stat(folder)
    const searchable = uid === owner.uid ? mode & 0o100 : gid === owner.gid ? mode & 0o010 : mode & 0o001
    if (searchable === 0)
      throw new Error(
        `embedded PostgreSQL runs as uid ${owner.uid}, because PostgreSQL refuses to run as root, and that user cannot enter ` +
          `${folder} (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): run "chmod o+x ${folder}", choose another folder ` +
          `(for the data, STRATA_DATA_DIR), run as a user who is not root, or set STRATA_DATABASE_URL`,
      )
  }
}
