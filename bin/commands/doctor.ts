// strata doctor: what a ledger needs around it, each thing ok or with what to do about it.

import { styleText } from 'node:util'
import type { Command } from 'commander'
import type { CheckResult } from '../doctor/check.ts'
import { EXIT } from '../exit.ts'
import { interruption, untilInterrupted } from '../interrupt.ts'
import { print, say } from '../output.ts'
import { LEDGER_SETTINGS, settingsOf, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

type Options = Flags & { readonly json?: boolean }

export function addDoctor(program: Command): void {
  const command = program.command('doctor').description('look at everything a ledger needs, and say what to do').option('--json', 'as JSON')
  withSettingFlags(command, LEDGER_SETTINGS).action(runDoctor)
}

async function runDoctor({ json = false, ...flags }: Options): Promise<void> {
  const settings = settingsOf(flags)
  interruption()
  const { examine } = await import('../doctor/examine.ts')
  const checks: CheckResult[] = []
  await using examination = examine(settings, say)
  for (;;) {
    const next = await untilInterrupted(examination.next())
    if (next.done) break
    checks.push(next.value)
    if (!json) for (const line of text(next.value)) await print(line)
  }
  const failed = checks.filter(({ status }) => status === 'fail').length
  if (json) await print(JSON.stringify({ ok: failed === 0, checks }))
  if (failed > 0) process.exitCode = EXIT.failed
}

const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const
const WIDTH = 11

function text({ check, status, detail, advice }: CheckResult): readonly string[] {
  const mark = styleText(COLOURS[status], status.padEnd(5), { stream: process.stdout })
  return [`${mark} ${check.padEnd(WIDTH)} ${detail}`, ...(advice === undefined ? [] : [`${' '.repeat(WIDTH + 7)}-> ${advice}`])]
}
