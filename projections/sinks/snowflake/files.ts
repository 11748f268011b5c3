// Files of this machine on their way to a stage: each there until it is uploaded, in a folder that goes with the process. What a killed process has left goes when the next one begins.
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** What is older is nobody's any more: no batch takes so long. */
export const LEFTOVER_AFTER_MS = 3_600_000
const FOLDER = 'strata-batches-'
const zipped = promisify(gzip)
/** Half the time of the usual level, for a tenth more bytes. */
const GZIP_LEVEL = 3

export interface Files extends AsyncDisposable {
  /** The file's path and name while the work lasts. */
  with<Result>(text: string, work: (path: string, name: string) => Promise<Result>): Promise<Result>
}

export function filesOf(): Files {
  let making: Promise<string> | undefined
  return {
    async with(text, work) {
      const name = fileName()
      const path = join(await (making ??= folder()), name)
      try {
        await writeFile(path, await zipped(text, { level: GZIP_LEVEL }))
        return await work(path, name)
      } finally {
        await rm(path, { force: true })
      }
    },
    async [Symbol.asyncDispose]() {
      const made = await making?.catch(() => undefined)
      if (made !== undefined) await rm(made, { recursive: true, force: true })
    },
  }
}

/** It tells when it was made: on the stage, too. */
const fileName = (): string => `${Date.now()}-${randomUUID()}.csv.gz`

export const isLeftover = (name: string): boolean => {
  const [, madeAt] = /(?:^|\/)(\d{13})-[0-9a-f-]{36}\.csv\.gz$/.exec(name) ?? []
  return madeAt !== undefined && Date.now() - Number(madeAt) > LEFTOVER_AFTER_MS
}

async function folder(): Promise<string> {
  for (const name of await readdir(tmpdir()).catch(() => []))
    if (name.startsWith(FOLDER)) {
      const path = join(tmpdir(), name)
      const changed = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Infinity,
      )
      if (Date.now() - changed > LEFTOVER_AFTER_MS) await rm(path, { recursive: true, force: true }).catch(() => undefined)
    }
  return mkdtemp(join(tmpdir(), FOLDER))
}
