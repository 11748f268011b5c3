// The sessions of a sink: opened when there is work for them, and kept for the next.
import { turns } from '../../turns.ts'
import { LostSession } from './failure.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

/** That answer questions at a time. */
export const MAX_ASKING_SESSIONS = 8
/** That are kept open while there is nothing to do for them. */
export const MAX_IDLE_SESSIONS = 4

export interface Sessions extends AsyncDisposable {
  /** Work that may be begun again: once, where the session that it got had been lost meanwhile. Throws what the work throws. */
  use<Result>(work: (session: Session) => Promise<Result>): Promise<Result>
}

/** `most`: at a time; who comes then waits. Default: as many as there is work for. */
export function sessionsOf(options: SessionOptions, most = Infinity): Sessions {
  const inLine = turns({ atATime: most })
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

  async function use<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    const kept = idle.pop()
    if (kept)
      try {
        return await on(kept, work)
      } catch (error) {
        if (!(error instanceof LostSession)) throw error
        // The others were lost with it.
        await Promise.all(idle.splice(0).map((session) => session.end()))
      }
    return on(await openSession(options), work)
  }

  return {
    use: (work) => inLine(() => use(work)),
    async [Symbol.asyncDispose]() {
      isEnding = true
      await Promise.all(idle.splice(0).map((session) => session.end()))
    },
  }
}
