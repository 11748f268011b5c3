// strata bench: the measurements, on an embedded PostgreSQL of their own.

import type { Command } from 'commander'
import { print, say } from '../output.ts'

interface Options {
  readonly full?: boolean
  readonly json?: boolean
}

export function addBench(program: Command): void {
  program
    .command('bench')
    .description('measure what the ledger does on this machine')
    .argument('[names...]', 'only those whose names begin so')
    .option('--full', 'the long forms')
    .option('--json', 'as JSON')
    .action(runBench)
}

async function runBench(names: readonly string[], { full = false, json = false }: Options): Promise<void> {
  const { report, runBenches } = await import('../../bench/index.ts')
  await print(report(await runBenches({ names, full, say }), json))
}
