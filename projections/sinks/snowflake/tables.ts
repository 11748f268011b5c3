// The tables of one build of a view, and the views that readers see: their names and what makes them. Every build has tables of its own; a name without a build is that of what is live.
import type { Columns, ColumnType, ClusterKey, Projection } from '../../projection.ts'
import { columnName } from './table-form.ts'

export interface Tables {
  readonly projection: Projection
  readonly build: string
  readonly documents: string
  /** What is remembered. */
  readonly memories: string
  readonly places: string
  /** What the documents' table has a column of each; without columns, the whole document is in one. */
  readonly columns: Columns
}

/** The only column of documents that have none of their own. */
export const WHOLE = 'document'
/** The row of `places` that is of no partition: it counts the batches, so whoever writes one changes it, and two never do at the same time. */
export const FENCE = -1

/** As readers know it. */
export const publicName = (view: string): string => view.toUpperCase()
/** Every table of any build of it begins so. */
export const prefixOf = (view: string): string => `${publicName(view)}__`

export function tablesOf(projection: Projection, build: string): Tables {
  const documents = `${prefixOf(projection.name)}${build}`
  const columns = projection.columns ?? { [WHOLE]: 'json' }
  return { projection, build, documents, memories: `${documents}__MEMORY`, places: `${documents}__PLACES`, columns }
}

const SQL_TYPE: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  decimal: 'NUMBER(38,18)',
  integer: 'NUMBER(38,0)',
  boolean: 'BOOLEAN',
  instant: 'TIMESTAMP_NTZ(6)',
  date: 'DATE',
  json: 'VARIANT',
}

/** A table's column, and how it is made of a member's text, which has the name of the member where it is staged (`f`: without it, `STATE` could be the column made before it). */
interface SqlColumn {
  readonly name: string
  readonly type: string
  readonly made: string
}

/** What JSON is queried in is a VARIANT, which keeps neither the order of members nor every digit: so the text stands beside it, as it was. */
export const sqlColumns = (columns: Columns): readonly SqlColumn[] =>
  Object.entries(columns).flatMap(([member, type]): readonly SqlColumn[] => {
    const name = columnName(member)
    if (type === 'text') return [{ name, type: 'VARCHAR', made: `f.${name}` }]
    if (type !== 'json') return [{ name, type: SQL_TYPE[type], made: `f.${name}::${SQL_TYPE[type]} AS ${name}` }]
    return [
      { name, type: 'VARIANT', made: `TRY_PARSE_JSON(f.${name}) AS ${name}` },
      { name: exactName(name), type: 'VARCHAR', made: `f.${name} AS ${exactName(name)}` },
    ]
  })

const exactName = (name: string): string => `_${name}`

/** The column as text, as fromText reads it. */
export function asText(name: string, type: ColumnType): string {
  switch (type) {
    case 'text':
      return name
    case 'json':
      return exactName(name)
    case 'instant':
      return `TO_VARCHAR(${name}, 'YYYY-MM-DD HH24:MI:SS.FF6')`
    case 'date':
      return `TO_VARCHAR(${name}, 'YYYY-MM-DD')`
    case 'decimal':
    case 'integer':
    case 'boolean':
      return `${name}::VARCHAR`
  }
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

const clustered = (keys: readonly ClusterKey[]): string =>
  keys.map((key) => (typeof key === 'string' ? columnName(key) : `TO_DATE(${columnName(key.dayOf)})`)).join(', ')

/** What every row has: the key, what it has seen, and whether there is no document any more. */
const SEEN = '_PARTITION NUMBER(38,0) NOT NULL, _POSITION NUMBER(38,0) NOT NULL, _GONE BOOLEAN NOT NULL'

/** Made in the order of these; what is there stays. Transient: the ledger can make them again, so nobody pays for seven days of Fail-safe. */
export function ddl({ projection, documents, memories, places, columns }: Tables): readonly string[] {
  const { summary, clusterBy = [], remember } = projection
  const members = sqlColumns(columns).map(({ name, type }) => `${name} ${type}`)
  const table = (name: string, of: readonly string[], end: string): string =>
    `CREATE TRANSIENT TABLE IF NOT EXISTS ${name} (KEY VARCHAR NOT NULL, ${of.join(', ')}, ${SEEN})${end}`
  return [
    table(documents, members, `${clusterBy.length > 0 ? ` CLUSTER BY (${clustered(clusterBy)})` : ''} COMMENT = ${literal(summary)}`),
    ...(remember ? [table(memories, ['BODY VARCHAR'], ` COMMENT = ${literal(`What is remembered for it: ${summary}`)}`)] : []),
    `CREATE TRANSIENT TABLE IF NOT EXISTS ${places} AS SELECT ${FENCE}::NUMBER(38,0) AS PARTITION, 0::NUMBER(38,0) AS POSITION, NULL::TIMESTAMP_NTZ(6) AS RECORDED_AT`,
  ]
}

/** What readers see: the documents that there are, and how far they are. Replaced in one step each. */
export function publicViews({ projection, documents, places, columns }: Tables): readonly string[] {
  const { name, summary } = projection
  const shown = ['KEY', ...Object.keys(columns).map(columnName), '_PARTITION', '_POSITION'].join(', ')
  return [
    `CREATE OR REPLACE VIEW ${publicName(name)} COPY GRANTS COMMENT = ${literal(summary)} AS SELECT ${shown} FROM ${documents} WHERE NOT _GONE`,
    `CREATE OR REPLACE VIEW ${publicPlaces(name)} COPY GRANTS COMMENT = ${literal(`Up to where ${name} is, by partition`)} AS SELECT PARTITION, POSITION, RECORDED_AT FROM ${places} WHERE PARTITION >= 0`,
  ]
}

export const publicPlaces = (view: string): string => `${prefixOf(view)}PLACES`
