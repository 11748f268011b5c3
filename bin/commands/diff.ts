// strata diff: what is different in an entity's state between two versions or recorded times.

import type { Command } from 'commander'
import type { EntityId } from '../../ledger/entity-id.ts'
import type { Instant } from '../../ledger/instant.ts'
import { entityArgument, pointArgument } from '../arguments.ts'
import { aligned, print, shown } from '../output.ts'
import { LEDGER_SETTINGS, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

type Options = Flags & { readonly json?: boolean }
type Point = number | Instant

export function addDiff(program: Command): void {
  const command = program
    .command('diff')
    .description('what differs between two versions or recorded times')
    .argument('<entity>', 'kind:owner:local', entityArgument)
    .argument('<from>', 'a version or a time', pointArgument)
    .argument('<to>', 'a version or a time', pointArgument)
    .option('--json', 'the answer of HTTP')
  withSettingFlags(command, LEDGER_SETTINGS).action(printDiff)
}

async function printDiff(entity: EntityId, from: Point, to: Point, { json = false, ...flags }: Options): Promise<void> {
  const [{ withLedger }, { compare }, { reading }] = await Promise.all([
    import('../open.ts'),
    import('../../replay/compare.ts'),
    import('../read-failure.ts'),
  ])
  await withLedger(flags, async (ledger) => {
    const answer = await reading(json, () => compare(ledger, entity, from, to))
    if (json) return print(JSON.stringify(answer))
    await print(`${entity}  v${answer.fromVersion} -> v${answer.toVersion}`)
    const text = (value: unknown): string => (value === undefined ? '(nothing)' : shown(value))
    for (const line of aligned(answer.changes.map(({ path, before, after }) => [path, `${text(before)} -> ${text(after)}`])))
      await print(line)
    if (answer.changes.length === 0) await print('no difference')
  })
}
