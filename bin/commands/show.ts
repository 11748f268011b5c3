// strata show: one entity, as it is or as it was.

import type { Command } from 'commander'
import type { EntityId } from '../../ledger/entity-id.ts'
import type { Instant } from '../../ledger/instant.ts'
import { entityArgument, instantArgument, versionArgument } from '../arguments.ts'
import { CommandFailed, EXIT } from '../exit.ts'
import { print } from '../output.ts'
import { LEDGER_SETTINGS, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

type Options = Flags & {
  readonly version?: number
  readonly asOf?: Instant
  readonly effectiveAsOf?: Instant
  readonly json?: boolean
}

export function addShow(program: Command): void {
  const command = program
    .command('show')
    .description('one entity, as it is or as it was')
    .argument('<entity>', 'kind:owner:local', entityArgument)
    .option('--version <n>', 'that version', versionArgument)
    .option('--as-of <time>', 'as it was known at a time', instantArgument)
    .option('--effective-as-of <time>', 'as it held at a time, known by now or by --as-of', instantArgument)
    .option('--json', 'the record that HTTP answers')
  withSettingFlags(command, LEDGER_SETTINGS).action(showEntity)
}

async function showEntity(entity: EntityId, { version, asOf, effectiveAsOf, json = false, ...flags }: Options): Promise<void> {
  if (version !== undefined && (asOf !== undefined || effectiveAsOf !== undefined))
    throw new CommandFailed('--version is asked alone, without a time', { exitCode: EXIT.usage })
  const [{ withLedger }, { show }, { reading }, { recordText }] = await Promise.all([
    import('../open.ts'),
    import('../../replay/show.ts'),
    import('../read-failure.ts'),
    import('../record-text.ts'),
  ])
  await withLedger(flags, async (ledger) => {
    const record = await reading(json, () => show(ledger, entity, { version, asOf, effectiveAsOf }))
    if (json) return print(JSON.stringify(record))
    for (const line of recordText(record)) await print(line)
  })
}
