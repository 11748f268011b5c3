// strata bench: the measurements, on an embedded PostgreSQL of their own.

import type { Command } from 'commander'
import { CommandFailed, EXIT } from '../exit.ts'
import { interruption } from '../interrupt.ts'
import { print, say } from '../output.ts'

interface Options {
  readonly full?: boolean
  readonly json?: boolean
}

export function addBench(program: Command): void {
  program
    .command('bench')
    .description('measure what the ledger does on this machine')
    .argument('[names...]', 'only those whose names begin so; peers, which compares other event stores, only if it is named')
    .option('--full', 'the long forms')
    .option('--json', 'as JSON')
    .action(runBench)
}

async function runBench(names: readonly string[], { full = false, json = false }: Options): Promise<void> {
  const { BenchRefused, benchNames, report, runBenches } = await import('../../bench/index.ts')
  const unknown = names.find((name) => !benchNames.some((known) => known.startsWith(name)))
  if (unknown !== undefined)
    throw new CommandFailed(`no bench is called ${unknown}; there are ${benchNames.join(', ')}`, { exitCode: EXIT.usage })
  const signal = interruption()
  try {
    await print(report(await runBenches({ names, full, say, signal }), json))
  } catch (error) {
    throw error instanceof BenchRefused ? new CommandFailed(error.message) : error
  }
}
