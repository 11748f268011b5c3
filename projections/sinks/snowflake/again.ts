// Work that met another one at the same place is begun again, for a while.
import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '../../../ledger/failure.ts'
import { isLocked } from './failure.ts'

/** That another transaction is waited for, in all. Of one whose process has died, Snowflake thinks for 5 minutes: meanwhile the run says why it waits, and tries again. */
export const MAX_LOCK_WAIT_MS = 60_000
const FIRST_WAIT_MS = 20
const MAX_WAIT_MS = 500

/** Throws Unavailable, and what the work throws otherwise. */
export async function again<Result>(work: () => Promise<Result>, maxWaitMs = MAX_LOCK_WAIT_MS): Promise<Result> {
  for (let waitMs = FIRST_WAIT_MS, until = performance.now() + maxWaitMs; ; waitMs = Math.min(MAX_WAIT_MS, 2 * waitMs))
    try {
      return await work()
    } catch (error) {
      if (!isLocked(error)) throw error
      if (performance.now() > until)
        throw new Unavailable(
          'another transaction has held a lock for too long: if its process has died, Snowflake ends it after 5 minutes',
          { cause: error },
        )
      await sleep(waitMs * (0.5 + Math.random()))
    }
}
