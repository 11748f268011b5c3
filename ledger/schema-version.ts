// The ledger's schema version, this program's, and whether the one works with the other. A ledger may be newer than the program: while a new release is rolled out, and after it is rolled back.
import type pg from 'pg'
import { steps, type Step } from './migrations/index.ts'

const FIRST_VERSION = 1
/** Of a program with these steps. */
export const versionOf = (known: readonly Step[]): number => known.at(-1)?.version ?? FIRST_VERSION
export const SCHEMA_VERSION = versionOf(steps)

export interface LedgerSchema {
  readonly version: number
  /** Programs of this schema version and newer work on it. */
  readonly oldestProgram: number
}

/** The schema of the ledger in a database, or undefined where there is none. */
export async function ledgerSchema(client: pg.Client | pg.Pool): Promise<LedgerSchema | undefined> {
  const { rows: found } = await client.query<{ there: boolean }>("select to_regclass('ledger.migrations') is not null as there")
  if (!found[0]?.there) return undefined
  const { rows } = await client.query<LedgerSchema>(
    'select m.version, m.oldest_program as "oldestProgram" from ledger.migrations m order by m.version desc limit 1',
  )
  return rows[0]
}

/** Why a program can not work on a ledger, and what to do; undefined: it can. */
export function misfit(schema: LedgerSchema | undefined, program = SCHEMA_VERSION): string | undefined {
  if (schema === undefined) return 'there is no ledger in this database: run `strata migrate`'
  if (schema.version < program)
    return `the ledger has schema version ${schema.version}, and this program needs ${program}: run \`strata migrate\``
  if (schema.oldestProgram > program)
    return `the ledger has schema version ${schema.version}, which programs from schema version ${schema.oldestProgram} on work with, and this one has ${program}: upgrade the program`
  return undefined
}
