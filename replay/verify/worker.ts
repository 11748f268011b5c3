// The thread of verify-apart.ts.
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase } from '../../ledger/database.ts'
import { verify } from '../verify.ts'
import type { Asked, Said } from '../verify-apart.ts'

// One for the entities, one for the feed.
const CONNECTIONS = 2

const port = parentPort
if (!port) throw new Error('this is a thread, not a program')
const { url, partitions, entityId } = workerData as Asked
const say = (said: Said): void => port.postMessage(said)
const database = openDatabase({ url, connections: CONNECTIONS, name: 'verify' })
let turn = Promise.resolve()

/** One at a time, and only when the one before was taken: however many there are, they do not pile up. */
function told(said: Said): Promise<void> {
  const mine = turn.then(async () => {
    const answered = once(port as NonNullable<typeof parentPort>, 'message')
    say(said)
    await answered
  })
  turn = mine
  return mine
}

try {
  const checked = await verify(database, {
    partitions,
    entityId,
    onDifference: (difference) => told({ difference }),
    onProgress: (progress) => say({ progress }),
  })
  await database.end()
  say({ checked })
} catch (error) {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  say({ failed: { message: error instanceof Error ? error.message : String(error), code } })
}
