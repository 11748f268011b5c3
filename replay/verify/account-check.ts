// What an account's rows promise one after the other: its balance moves by its postings and by nothing else, and no money moves before it was opened. Pure.
import { add, compare, isDecimal } from '../../ledger/decimal.ts'
import type { Instant } from '../../ledger/instant.ts'
import type { JsonObject } from '../../ledger/json.ts'
import type { Check } from './difference.ts'
import type { EntityRow } from './entity-row.ts'

/** Looks at the account's next row, in today's shapes; `dense`: the version before it was the one looked at before. True: it has a posting. */
export type AccountCheck = (
  row: EntityRow,
  shape: { readonly data: JsonObject; readonly state: JsonObject },
  dense: boolean,
  found: (check: Check, detail: string) => void,
) => boolean

export function accountCheck(): AccountCheck {
  let openedAt: Instant | undefined
  let before = '0'
  return (row, { data, state }, dense, found) => {
    const { posting } = data
    const { balance } = state
    if (row.version === 1) openedAt = row.effective_at
    if (typeof balance !== 'string' || !isDecimal(balance)) found('balance', `its balance ${JSON.stringify(balance)} is not a decimal`)
    else if (posting !== undefined && (typeof posting !== 'string' || !isDecimal(posting)))
      found('balance', `its posting ${JSON.stringify(posting)} is not a decimal`)
    else if (dense && compare(balance, add(before, posting ?? '0')) !== 0)
      found('balance', `its balance goes from ${before} to ${balance}, with a posting of ${posting ?? 'nothing'}`)
    if (posting !== undefined && openedAt !== undefined && row.effective_at < openedAt)
      found('opening', `its posting holds from ${row.effective_at}, before the account's opening at ${openedAt}`)
    before = typeof balance === 'string' && isDecimal(balance) ? balance : before
    return posting !== undefined
  }
}
