// Promises: where the real data is that tests run on: ../shared/data, beside the checkout. Where it is not, tests that need it are skipped, loudly; in CI they fail.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

export interface SharedData {
  /** Why tests on it are skipped, for `{ skip }`. */
  readonly missing: string | false
  path(file: string): string
  /** Whole, gunzipped. */
  text(file: string): string
  json<Shape>(file: string): Shape
}

export function sharedData(folder: string): SharedData {
  const place = join(import.meta.dirname, '..', '..', 'shared', 'data', folder)
  const missing = existsSync(place) ? false : `NOT TESTED: there is no ${place}; what is made of real data is checked only beside it`
  if (missing && process.env['CI']) throw new Error(missing)
  if (missing) console.error(missing)
  const path = (file: string): string => join(place, file)
  const text = (file: string): string => {
    const bytes = readFileSync(path(file))
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
  }
  return { missing, path, text, json: (file) => JSON.parse(text(file)) }
}
