// For tests: a partition whose clock was ahead, as after a clock that went back. What no program can do: a superuser, with the guard off.
import type { Database } from './database.ts'
import type { Instant } from './instant.ts'

export async function setAhead(database: Database, partition: number, to: Instant): Promise<void> {
  const client = await database.connect()
  try {
    await client.query(`
      begin; alter table ledger.partitions disable trigger append_only;
      update ledger.partitions set settled_at = '${to}' where partition = ${partition};
      alter table ledger.partitions enable trigger append_only; commit`)
  } finally {
    client.release()
  }
}
