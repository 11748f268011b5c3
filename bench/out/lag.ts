// What a server says of its projections, asked until they are through.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from '../child.ts'

const ASK_EVERY_MS = 200
const WITHIN_MS = 300_000

export async function untilNothingLags({ url }: Child): Promise<void> {
  for (const deadline = Date.now() + WITHIN_MS; Date.now() < deadline; await sleep(ASK_EVERY_MS)) {
    const response = await fetch(`${url}/v1/projections`)
    const { data } = (await response.json()) as { readonly data: readonly { readonly lag: { readonly versions: number } }[] }
    if (data.every(({ lag }) => lag.versions === 0)) return
  }
  throw new Error(`a view still lags after ${WITHIN_MS / 1_000} s`)
}
