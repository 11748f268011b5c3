// Every version of every bar, so that bars can be asked for as they were known: a bar is corrected, and its earlier versions are what was seen then.
import { ownerOf } from '../../ledger/entity-id.ts'
import { defineProjection } from '../projection.ts'
import { versionKey } from '../views/document-key.ts'
import { BAR_CLUSTER, BAR_COLUMNS, barRow, barShown, type BarRow } from './bar-row.ts'

export const barVersions = defineProjection<'bar', BarRow>({
  name: 'bar_versions',
  version: 1,
  summary: 'Every version of every bar',
  kinds: ['bar'],
  key: versionKey,
  standalone: true,
  isNew: () => true,
  apply: (_, record) => barRow(record),
  shown: barShown,
  filters: ['owner', 'period'],
  spreadBy: { member: 'owner', of: ownerOf },
  columns: BAR_COLUMNS,
  clusterBy: BAR_CLUSTER,
})
