// strata migrate: brings a database to this program's schema, or says what that would do.

import type { Command } from 'commander'
import { print } from '../output.ts'
import { LEDGER_SETTINGS, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

type Options = Flags & { readonly plan?: boolean; readonly json?: boolean }

export function addMigrate(program: Command): void {
  const command = program
    .command('migrate')
    .description("bring the database to this program's schema")
    .option('--plan', 'only say what would be done')
    .option('--json', 'as JSON')
  withSettingFlags(command, LEDGER_SETTINGS).action(runMigration)
}

async function runMigration({ plan = false, json, ...flags }: Options): Promise<void> {
  const [{ withPlace }, { assertReachable, migratePlace }] = await Promise.all([import('../open.ts'), import('../place.ts')])
  await withPlace(flags, async (place, settings) => {
    if (!place.embedded) await assertReachable(place.url, { needsLedger: false })
    const migration = await migratePlace(place, settings, plan)
    if (json) return print(JSON.stringify({ ...migration, applied: !plan && migration.steps.length > 0 }))
    for (const step of migration.steps) await print(`${plan ? 'would apply' : 'applied'}  ${step}`)
    if (migration.steps.length === 0) await print('nothing to do')
    await print(`schema version ${migration.schemaVersion}, ${migration.partitions} partitions`)
  })
}
