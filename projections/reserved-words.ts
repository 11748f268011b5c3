// Words that SQL engines have for themselves, so that no column can be called so without quotes: those that Snowflake reserves (https://docs.snowflake.com/en/sql-reference/reserved-keywords), which has more of them than DuckDB.
// The stand-in that tests run on takes them all.

const RESERVED: ReadonlySet<string> = new Set(
  `all alter and any as between by case cast check column connect constraint create cross current current_date current_time current_timestamp current_user delete distinct drop else exists false following for
  from full grant group gscluster having ilike in increment inner insert intersect into is issue join lateral left like localtime localtimestamp minus natural not null of on or order organization qualify regexp revoke right
  rlike row rows sample schema select set some start table tablesample then to trigger true try_cast union unique update using values view when whenever where with`
    .split(/\s+/)
    .map((word) => word.replaceAll('_', '')),
)

/** Whether the column that is made of a member could not be called as it is: `currentDate` becomes `current_date`. */
export const isReserved = (member: string): boolean => RESERVED.has(member.toLowerCase())
