// For tests: a step as a real one may be, from schema version 1 to 2. It adds a column, builds an index, replaces ledger.append with one that fills the column, and has a guard hold every row to it.
import { readFile } from 'node:fs/promises'
import type { Step } from './step.ts'

const SCHEMA_SQL = new URL('../../schema.sql', import.meta.url)
const APPEND = /create function (ledger\.append\([\s\S]*?\nend \$\$;)/

/** ledger.append as it is, but for the new column. */
async function newAppend(): Promise<string> {
  const [, append] = APPEND.exec(await readFile(SCHEMA_SQL, 'utf8')) ?? []
  const filled = append
    ?.replace('recorded_at, effective_at)', 'recorded_at, effective_at, made_up)')
    .replace(/(coalesce\(r\.effective_at, [^\n]*\))\n/, `$1, 'yes'\n`)
  if (filled?.match(/made_up|'yes'/g)?.length !== 2) throw new Error('ledger.append in schema.sql is not as this step expects')
  return `create or replace function ${filled}`
}

export const madeUpStep = async (oldestProgram = 1): Promise<Step> => ({
  version: 2,
  name: 'made up',
  oldestProgram,
  parts: [
    { sql: 'alter table ledger.versions add column made_up text' },
    { index: 'versions_made_up', sql: 'create index concurrently versions_made_up on ledger.versions (partition, event, position)' },
    { sql: await newAppend() },
    {
      sql: `create trigger made_up before insert on ledger.versions for each row when (new.made_up is distinct from 'yes') execute function ledger.refuse_row('an old append wrote it')`,
    },
  ],
})
