// Promises: a real Chromium without a window, for tests of what people see. It is the one that is installed (STRATA_TEST_CHROMIUM names another);
// where there is none, tests that need it are skipped, loudly; in CI they fail.

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

const installed = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path))
const executablePath = process.env['STRATA_TEST_CHROMIUM'] ?? installed

/** Why tests in a browser are skipped, for `{ skip }`. */
export const noBrowser: string | false =
  executablePath === undefined &&
  `NOT TESTED: there is none of ${NAMES.join(', ')} in PATH; the console is checked only in a browser (or set STRATA_TEST_CHROMIUM)`
if (noBrowser && process.env['CI']) throw new Error(noBrowser)
if (noBrowser) console.error(noBrowser)

export async function openBrowser(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('there is no browser')
  // Without a sandbox, since CI runs as root; it sees no page but ours.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}
