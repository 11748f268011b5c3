// strata history: every version of an entity, oldest first, a line each.

import type { Command } from 'commander'
import type { EntityId } from '../../ledger/entity-id.ts'
import { entityArgument } from '../arguments.ts'
import { print } from '../output.ts'
import { LEDGER_SETTINGS, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

type Options = Flags & { readonly json?: boolean }

export function addHistory(program: Command): void {
  const command = program
    .command('history')
    .description('every version of an entity, oldest first')
    .argument('<entity>', 'kind:owner:local', entityArgument)
    .option('--json', 'a record a line, as HTTP answers them')
  withSettingFlags(command, LEDGER_SETTINGS).action(printHistory)
}

async function printHistory(entity: EntityId, { json = false, ...flags }: Options): Promise<void> {
  const [{ withLedger }, { history }, { reading }, { versionLine }] = await Promise.all([
    import('../open.ts'),
    import('../../replay/history.ts'),
    import('../read-failure.ts'),
    import('../record-text.ts'),
  ])
  await withLedger(flags, (ledger) =>
    reading(json, async () => {
      for await (const record of history(ledger, entity)) await print(json ? JSON.stringify(record) : versionLine(record))
    }),
  )
}
