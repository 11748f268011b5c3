// To have a file that another process has: it is asked to give it up, and has it again when whoever took it has ended.
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { HeldElsewhere } from './failure.ts'
import { socketPath } from './socket-path.ts'

/** A batch in flight is ended first, and what is in the log is moved into the file. */
export const GIVEN_UP_WITHIN_MS = 30_000
const ASK_AGAIN_MS = 100

/** Throws HeldElsewhere where nobody gives it up in time. */
export async function taking<Opened>(path: string, open: () => Promise<Opened>): Promise<Opened> {
  for (const until = performance.now() + GIVEN_UP_WITHIN_MS; ; await sleep(ASK_AGAIN_MS))
    try {
      return await open()
    } catch (error) {
      if (!(error instanceof HeldElsewhere) || performance.now() > until) throw error
      await askToGiveUp(await socketPath(path))
    }
}

/** Whether or not anybody is there: who opens the file finds out. */
const askToGiveUp = (socket: string): Promise<void> =>
  new Promise((done) => {
    const asked = request({ socketPath: socket, method: 'POST', path: '/give-up', agent: false, timeout: GIVEN_UP_WITHIN_MS })
    asked.once('close', done)
    asked.once('error', () => undefined)
    asked.once('response', (response) => response.resume())
    asked.end()
  })
