// What the doctor looks at behind the database: whether its write-ahead log leaves the machine.

import type pg from 'pg'
import { type Finding, ok, warn } from './check.ts'

const ADVICE = 'set up an archive or a receiver: docs/guides/backup-and-restore.md'

const LOOK = `
  select current_setting('archive_mode') <> 'off' as archives, a.failed_count as failed, to_char(a.last_archived_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as archived,
    coalesce(a.last_failed_time > a.last_archived_time, a.last_failed_time is not null) as failing, (select count(*) from pg_stat_replication)::integer as receivers
  from pg_stat_archiver a`

interface Found {
  readonly archives: boolean
  readonly failed: string
  readonly archived: string | null
  readonly failing: boolean
  readonly receivers: number
}

export async function backup(client: pg.Client): Promise<Finding> {
  const [found] = (await client.query<Found>(LOOK)).rows
  if (found?.archives && found.failing)
    return warn(
      `archiving fails (${found.failed} times; last done: ${found.archived ?? 'never'})`,
      "see the server's log: the disk fills until it works again",
    )
  const ways = [
    ...(found?.archives ? [`is archived (last: ${found.archived ?? 'nothing yet'})`] : []),
    ...(found?.receivers ? [`goes to ${found.receivers} receiver${found.receivers === 1 ? '' : 's'}`] : []),
  ]
  if (ways.length > 0) return ok(`the write-ahead log ${ways.join(' and ')}`)
  return warn('the write-ahead log goes nowhere: what this machine loses is lost', ADVICE)
}
