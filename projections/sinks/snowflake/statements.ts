// The statements that a build is written and read with: constants once the build is known, so that they can be read as they are sent. Pure.
import { ROWS, stagedColumns } from './staged.ts'
import { columnName } from './table-form.ts'
import { asText, FENCE, sqlColumns, WHOLE, type Tables } from './tables.ts'

/** Where files wait until they are loaded: an internal stage, in the schema. */
export const STAGE = 'STRATA_STAGE'
/** What is loaded waits here: a table of the session's own. */
const STAGED = 'STRATA_STAGED'
export const SLOTS = 'STRATA_SLOTS'
export const TURN = 'STRATA_TURN'

/** What the schema has to have. */
export const SCHEMA: readonly string[] = [
  `CREATE STAGE IF NOT EXISTS ${STAGE} COMMENT = 'Batches of Strata on their way into tables'`,
  `CREATE TABLE IF NOT EXISTS ${SLOTS} (VIEW_NAME VARCHAR NOT NULL, LIVE_BUILD VARCHAR, LIVE_VERSION NUMBER(38,0), NEXT_BUILD VARCHAR, NEXT_VERSION NUMBER(38,0)) COMMENT = 'Which build of a view of Strata is live, and which is made beside it'`,
  `CREATE TABLE IF NOT EXISTS ${TURN} AS SELECT 0::NUMBER(38,0) AS TURNS`,
]

export interface WriteStatements {
  readonly makeStaged: string
  readonly put: (path: string) => string
  readonly copy: (file: string) => string
  readonly mergeDocuments: string
  readonly mergeMemories: string
  readonly mergePlaces: string
  /** A row where the build is in a slot. Asked after the places are merged: from then on nobody swaps or drops it until this transaction ends. */
  readonly isInSlot: string
  readonly remove: (file: string) => string
}

/** The text is taken as it is: quoted, nothing trimmed, nothing but an empty field is null. */
const FILE_FORMAT = `(TYPE = CSV COMPRESSION = GZIP FIELD_OPTIONALLY_ENCLOSED_BY = '"' ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = ())`

export function writeStatements({ projection, build, documents, memories, places, columns }: Tables): WriteStatements {
  const members = sqlColumns(columns)
  const folder = folderOf(documents)
  return {
    makeStaged: `CREATE OR REPLACE TEMPORARY TABLE ${STAGED} (${stagedColumns(columns).join(', ')})`,
    put: (path) =>
      `PUT 'file://${path.replaceAll('\\', '/').replaceAll("'", "\\'")}' ${folder} AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = GZIP OVERWRITE = FALSE`,
    copy: (file) => `COPY INTO ${STAGED} FROM ${folder} FILES = ('${file}') FILE_FORMAT = ${FILE_FORMAT} ON_ERROR = ABORT_STATEMENT`,
    mergeDocuments: merge(
      documents,
      members.map(({ name }) => name),
      members.map(({ made }) => made),
      ROWS.document,
    ),
    mergeMemories: merge(memories, ['BODY'], ['f._TEXT AS BODY'], ROWS.memory),
    mergePlaces: `
MERGE INTO ${places} t USING (
  SELECT f._PARTITION AS PARTITION, f._POSITION AS POSITION, f._TEXT::TIMESTAMP_NTZ(6) AS RECORDED_AT FROM ${STAGED} f WHERE f._ROW = '${ROWS.place}'
  UNION ALL SELECT ${FENCE}, NULL, NULL
) s ON t.PARTITION = s.PARTITION
WHEN MATCHED AND s.PARTITION = ${FENCE} THEN UPDATE SET POSITION = t.POSITION + 1
WHEN MATCHED AND t.POSITION < s.POSITION THEN UPDATE SET POSITION = s.POSITION, RECORDED_AT = s.RECORDED_AT
WHEN NOT MATCHED THEN INSERT (PARTITION, POSITION, RECORDED_AT) VALUES (s.PARTITION, s.POSITION, s.RECORDED_AT)`.trim(),
    isInSlot: `SELECT VIEW_NAME FROM ${SLOTS} WHERE VIEW_NAME = '${projection.name}' AND '${build}' IN (LIVE_BUILD, NEXT_BUILD)`,
    remove: (file) => `REMOVE ${folder}${file}`,
  }
}

export const folderOf = (documents: string): string => `@${STAGE}/${documents}/`

/** What is there and as new stays; of several rows of one key, the newest counts: a MERGE that finds two for one fails. */
const merge = (table: string, names: readonly string[], made: readonly string[], row: string): string =>
  `
MERGE INTO ${table} t USING (
  SELECT f.KEY, ${made.join(', ')}, f._PARTITION, f._POSITION, f._GONE FROM ${STAGED} f WHERE f._ROW = '${row}'
  QUALIFY ROW_NUMBER() OVER (PARTITION BY f.KEY ORDER BY f._POSITION DESC) = 1
) s ON t.KEY = s.KEY
WHEN MATCHED AND t._POSITION < s._POSITION THEN UPDATE SET ${[...names, '_POSITION', '_GONE'].map((name) => `${name} = s.${name}`).join(', ')}
WHEN NOT MATCHED THEN INSERT (KEY, ${names.join(', ')}, _PARTITION, _POSITION, _GONE) VALUES (s.KEY, ${names.map((name) => `s.${name}`).join(', ')}, s._PARTITION, s._POSITION, s._GONE)`.trim()

/** Rows of documents have key, partition, position and gone in front, then the members as text. */
export interface ReadStatements {
  readonly places: string
  /** By lists of keys, as JSON: of what is remembered, where anything is, and of documents. Told apart by their first column. */
  readonly load: string
  /** All after a key, by key. */
  readonly page: (limit: number) => string
  /** What there is, with these members and after a key, by key. */
  readonly read: (filters: readonly string[], hasKey: boolean, limit: number) => string
}

const SEEN = 'KEY, _PARTITION::VARCHAR, _POSITION::VARCHAR, _GONE'

export function readStatements({ projection, documents, memories, places, columns }: Tables): ReadStatements {
  const members = Object.entries(columns).map(([member, type]) => asText(columnName(member), type))
  const among = 'KEY IN (SELECT VALUE::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))))'
  const found = `SELECT '${ROWS.document}', ${SEEN}, ${members.join(', ')} FROM ${documents} WHERE ${among}`
  const remembered = `SELECT '${ROWS.memory}', ${SEEN}, BODY${', NULL'.repeat(members.length - 1)} FROM ${memories} WHERE ${among}`
  const rows = `SELECT ${SEEN}, ${members.join(', ')} FROM ${documents} WHERE KEY > ?`
  const isMember = (member: string): string =>
    projection.columns ? `${columnName(member)} = ?` : `${columnName(WHOLE)}:"${member}"::VARCHAR = ?`
  return {
    places: `SELECT PARTITION::VARCHAR, POSITION::VARCHAR, ${asText('RECORDED_AT', 'instant')} FROM ${places} WHERE PARTITION >= 0`,
    load: projection.remember ? `${remembered}\nUNION ALL ${found}` : found,
    page: (limit) => `${rows} ORDER BY KEY LIMIT ${limit}`,
    read: (filters, hasKey, limit) =>
      [rows, ...filters.map(isMember), ...(hasKey ? ['KEY = ?'] : []), `NOT _GONE ORDER BY KEY LIMIT ${limit}`].join(' AND '),
  }
}
