// The sessions of a sink: opened when there is work for them, and kept for the next.
import { LostSession } from './failure.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

/** That are kept open while there is nothing to do for them. */
export const MAX_IDLE_SESSIONS = 4

export interface Sessions extends AsyncDisposable {
  /** Work that may be begun again: once, where the session that it got had been lost meanwhile. Throws what the work throws. */
  use<Result>(work: (session: Session) => Promise<Result>): Promise<Result>
}

export function sessionsOf(options: SessionOptions): Sessions {
  const idle: Session[] = []
  let isEnding = false

  async function giveBack(session: Session): Promise<void> {
    if (session.isGood && !isEnding && idle.length < MAX_IDLE_SESSIONS) idle.push(session)
    else await session.end()
  }
  async function on<Result>(session: Session, work: (session: Session) => Promise<Result>): Promise<Result> {
    try {
      return await work(session)
    } finally {
      void giveBack(session)
    }
  }

  return {
    async use(work) {
      const kept = idle.pop()
      if (kept)
        try {
          return await on(kept, work)
        } catch (error) {
          if (!(error instanceof LostSession)) throw error
          // The others were lost with it.
          await Promise.all(idle.splice(0).map((session) => session.end()))
        }
      return await on(await openSession(options), work)
    },
    async [Symbol.asyncDispose]() {
      isEnding = true
      await Promise.all(idle.splice(0).map((session) => session.end()))
    },
  }
}
