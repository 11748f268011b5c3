// Tells followers of the feed that something was committed: by LISTEN/NOTIFY between processes, directly within one. A notification is sent after commit, in a statement of its own, at most one
// per 5 ms: inside the transaction it would cost more than half of the rate. Losing one costs a follower at most its polling interval.
import pg from 'pg'
import type { Database } from './database.ts'
import type { FeedSignal } from './feed.ts'

export const NOTIFY_INTERVAL_MS = 5
const RECONNECT_MS = 1_000
const CHANNEL = 'strata_feed'

export interface News extends FeedSignal {
  /** Something was committed by this process. */
  tell(): void
  close(): Promise<void>
}

export function news(database: Database, url: string): News {
  const waiting = new Set<() => void>()
  let listener: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let due = false
  let closed = false
  let listening = false

  const wakeAll = (): void => {
    for (const wake of waiting) wake()
  }

  const notify = (): void => {
    due = false
    timer = setTimeout(() => {
      timer = undefined
      if (due) notify()
    }, NOTIFY_INTERVAL_MS)
    timer.unref()
    database.query(`select pg_notify('${CHANNEL}', '')`).catch(() => {})
  }

  /** Only a process that has followers listens. */
  function listen(): void {
    if (listening || closed) return
    listening = true
    const client = new pg.Client({ connectionString: url, application_name: 'strata news', keepAlive: true })
    listener = client
    const again = (): void => {
      if (listener !== client) return
      listener = undefined
      listening = false
      if (!closed) setTimeout(() => waiting.size > 0 && listen(), RECONNECT_MS).unref()
    }
    client.on('notification', wakeAll)
    client.on('error', again)
    client.on('end', again)
    client
      .connect()
      .then(() => client.query(`listen ${CHANNEL}`))
      .then(wakeAll)
      .catch(again)
  }

  return {
    tell() {
      wakeAll()
      if (timer) due = true
      else notify()
    },
    next(signal, timeoutMs) {
      listen()
      return new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timeout)
          waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        const timeout = setTimeout(wake, timeoutMs)
        waiting.add(wake)
        if (signal.aborted) wake()
        else signal.addEventListener('abort', wake)
      })
    },
    async close() {
      closed = true
      clearTimeout(timer)
      wakeAll()
      const client = listener
      listener = undefined
      await client?.end().catch(() => {})
    },
  }
}
