// For tests: promtool, Prometheus' own checker, where there is one: STRATA_TEST_PROMTOOL, or on the path. In CI there is.
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'

export type Promtool = (args: readonly string[], input?: string) => { readonly code: number | null; readonly said: string }

/** Undefined: there is none, and the test is skipped. */
export function promtool(t: TestContext): Promtool | undefined {
  const program = process.env['STRATA_TEST_PROMTOOL'] || 'promtool'
  const run: Promtool = (args, input = '') => {
    const { status, stdout, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8' })
    if (error) throw error
    return { code: status, said: `${stdout}${stderr}`.trim() }
  }
  try {
    run(['--version'])
    return run
  } catch (error) {
    if (process.env['CI']) throw error
    t.skip('there is no promtool here: it is in Debian’s package prometheus; or name it in STRATA_TEST_PROMTOOL')
    return undefined
  }
}
