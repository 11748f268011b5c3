// What commands a bar comes to, in whatever order bars arrive: one that is not there is recorded, one that is there is corrected, and the one after it is judged again, since it was judged by what
// was there before. Pure: who calls tells which bars the ledger has.
import { localOf, ownerOf, type EntityId } from '../../ledger/entity-id.ts'
import type { MarketBar } from './market-bar.ts'

/** How bars are judged: see RecordBar. */
export interface BarJudging {
  readonly calendar?: 'XNYS' | 'every-day' | 'none'
  readonly spikeThreshold?: string
}

/** In the bulk form. */
export interface BarCommand {
  readonly command: 'RecordBar' | 'CorrectBar'
  readonly entityId: EntityId
  readonly data: Readonly<Record<string, unknown>>
  readonly commandId: string
}

/** Bars of one instrument and interval that are there, in their order: all of them around those that are asked for. */
export interface BarSeries {
  add(id: EntityId): void
  around(id: EntityId): { readonly previous: EntityId | undefined; readonly isThere: boolean; readonly next: EntityId | undefined }
}

export function barSeries(): BarSeries {
  /** Ids of one series sort like time. */
  const ids: EntityId[] = []
  const placeOf = (id: EntityId): number => {
    let [from, to] = [0, ids.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if ((ids[middle] ?? '') < id) from = middle + 1
      else to = middle
    }
    return from
  }
  return {
    add(id) {
      const place = placeOf(id)
      if (ids[place] !== id) ids.splice(place, 0, id)
    },
    around(id) {
      const place = placeOf(id)
      const isThere = ids[place] === id
      return { previous: ids[place - 1], isThere, next: ids[isThere ? place + 1 : place] }
    },
  }
}

/** Two series never have the same name. */
export const seriesOf = (id: EntityId): string => `${ownerOf(id)} ${localOf(id).length}`

const NO_PRICES = { open: null, high: null, low: null }

/** One unit; `key` is that of its first command. The bar is in the series from now on. */
export function commandsOfBar(series: BarSeries, { id, values }: MarketBar, key: string, judging: BarJudging): readonly BarCommand[] {
  const { previous, isThere, next } = series.around(id)
  series.add(id)
  const how = { onAnomaly: 'flag', ...judging }
  const data = { ...(isThere && NO_PRICES), ...values, previousBarId: previous ?? null, ...how }
  const own: BarCommand = { command: isThere ? 'CorrectBar' : 'RecordBar', entityId: id, data, commandId: key }
  if (next === undefined) return [own]
  return [own, { command: 'CorrectBar', entityId: next, data: { previousBarId: id, ...how }, commandId: `${key}:2` }]
}
