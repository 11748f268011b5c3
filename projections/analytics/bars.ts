// Every bar as it is.
import { ownerOf } from '../../ledger/entity-id.ts'
import { defineProjection, ofEntity } from '../projection.ts'
import { BAR_CLUSTER, BAR_COLUMNS, barRow, barShown, type BarRow } from './bar-row.ts'

export const bars = defineProjection<'bar', BarRow>({
  name: 'bars',
  version: 1,
  summary: 'Every bar as it is, by instrument and time',
  kinds: ['bar'],
  key: ofEntity,
  standalone: true,
  apply: (_, record) => barRow(record),
  shown: barShown,
  filters: ['owner', 'period'],
  spreadBy: { member: 'owner', of: ownerOf },
  columns: BAR_COLUMNS,
  clusterBy: BAR_CLUSTER,
})
