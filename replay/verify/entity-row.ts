// The rows of a partition in the order of entity and version, page by page: each page is one statement and so one snapshot, bounded by the partition's head when the verification began, by a number
// of rows and by their size. Only then does a page of large states not fill the memory, and do writers not keep the verification from ending.
import type { Database } from '../../ledger/database.ts'
import type { Instant } from '../../ledger/instant.ts'
import type { JsonObject } from '../../ledger/json.ts'

export interface EntityRow {
  readonly entity_id: string
  readonly version: number
  readonly position: number
  readonly latest: boolean
  /** There is a later version, as of the same snapshot. */
  readonly followed: boolean
  readonly kind: string
  readonly event: string
  readonly schema_version: number
  readonly recorded_at: Instant
  readonly effective_at: Instant
  readonly data: JsonObject
  readonly state: JsonObject
}

const MOST_ROWS = 1_000
const FIRST_ROWS = 100
const PAGE_BYTES = 1024 * 1024
/** Greater than every id, in the order of bytes. */
const LAST_ID = '\u{10FFFF}'

// What is compressed is measured as text: a state of one repeated word takes a hundredth of its size on disk.
const SIZE = (column: string) =>
  `case when pg_column_compression(${column}) is null then pg_column_size(${column}) else octet_length(${column}::text) end`

const PAGE = `
  select p.entity_id, p.version, p.position, p.latest, p.kind, p.event, p.schema_version, p.recorded_at, p.effective_at, p.data, p.state,
    p.next_entity_id is not distinct from p.entity_id
      or exists (select from ledger.versions n where n.partition = $1 and n.entity_id = p.entity_id and n.version > p.version) as followed
  from (
    select v.*, lead(v.entity_id) over w as next_entity_id, sum(v.bytes) over (w rows unbounded preceding) - v.bytes as bytes_before
    from (
      select v.entity_id, v.version, v.position, v.latest, v.kind, v.event, v.schema_version, v.recorded_at, v.effective_at, v.data, v.state,
        ${SIZE('v.data')} + ${SIZE('v.state')} as bytes
      from ledger.versions v
      where v.partition = $1 and (v.entity_id, v.version) > ($2 collate "C", $3::integer) and v.entity_id <= $4 collate "C" and v.position <= $5
      order by v.entity_id, v.version limit $6
    ) v
    window w as (order by v.entity_id, v.version)
  ) p
  where p.bytes_before < ${PAGE_BYTES}
  order by p.entity_id, p.version`

export interface EntityPages {
  readonly partition: number
  readonly head: number
  readonly entityId?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** While a page is looked at, the next one is on its way. */
export async function* entityPages(
  database: Database,
  { partition, head, entityId, signal }: EntityPages,
): AsyncGenerator<readonly EntityRow[], void, undefined> {
  const read = async (afterId: string, afterVersion: number, limit: number): Promise<readonly EntityRow[]> => {
    const values = [partition, afterId, afterVersion, entityId ?? LAST_ID, head, limit]
    return (await database.query<EntityRow>({ name: 'verify-entities', text: PAGE, values })).rows
  }
  let limit = FIRST_ROWS
  let coming = read(entityId ?? '', 0, limit)
  for (;;) {
    const rows = await coming
    signal?.throwIfAborted()
    const last = rows.at(-1)
    if (!last) return
    // What was cut for its size is not asked for again.
    limit = Math.max(1, Math.min(rows.length * 2, MOST_ROWS))
    coming = read(last.entity_id, last.version, limit)
    // Whoever stops early does not wait for it.
    coming.catch(() => {})
    yield rows
  }
}
