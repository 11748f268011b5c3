// Sends one mail for each match of two trades: never two, never none, killed whenever it may be. Its MongoDB has an outbox: a mail is written there in the same transaction that says that the version was handled, and
// its `_id`, the match, is there once, though both trades tell of it. From there it is sent until the mail server has taken it, each time under the same Message-ID.
//
// The last step can not be exactly once by itself: killed between the server's yes and the note of it, the mail is sent again. It arrives once because the server knows a Message-ID that it has taken
// before (as many mail services do, by a key that the caller gives). With one that does not, `never none` holds, and `never two` does not.
//
//   MAILER_MONGO_URL=mongodb://…/mails MAIL_SERVER=http://… node examples/mailer.ts [--url http://127.0.0.1:7480]        TOKEN=… where the server wants one
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { MongoClient } from 'mongodb'
import { consume, feedStream, openMongoStore, type VersionRecord } from 'strata-ledger/consumer'

const { values } = parseArgs({ options: { url: { type: 'string', default: 'http://127.0.0.1:7480' } } })
const { MAILER_MONGO_URL: mongo, MAIL_SERVER: mailServer, TOKEN: token } = process.env
if (!mongo || !mailServer) throw new Error('set MAILER_MONGO_URL (a replica set) and MAIL_SERVER')

interface Mail {
  /** The match: the command that made it, and whose key that is. */
  readonly _id: string
  readonly subject: string
  readonly text: string
  readonly sent: boolean
}

function mailsOf({ event, entityId, data, commandScope, commandId, recordedAt }: VersionRecord): readonly Mail[] {
  if (event !== 'TradeMatched') return []
  const [buyer, seller] = [entityId, String(data['otherTradeId'])].toSorted()
  const subject = `${buyer} and ${seller} are matched`
  return [{ _id: `match/${commandScope}/${commandId}`, subject, text: `${subject} since ${recordedAt}.`, sent: false }]
}

const LOOK_AGAIN_MS = 50
const WAIT_MS = 500

const client = await MongoClient.connect(mongo)
const db = client.db()
const outbox = db.collection<Mail>('outbox')
await outbox.createIndex({ sent: 1, _id: 1 })
const store = await openMongoStore({ client, db })
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

async function send(): Promise<void> {
  while (!stop.signal.aborted) {
    try {
      const mail = await outbox.findOne({ sent: false })
      if (mail) {
        const headers = { 'content-type': 'application/json', 'message-id': mail._id }
        const answer = await fetch(`${mailServer}/mails`, { method: 'POST', headers, body: JSON.stringify(mail) })
        if (!answer.ok) throw new Error(`the mail server answers ${answer.status}`)
        await outbox.updateOne({ _id: mail._id }, { $set: { sent: true } })
      } else await sleep(LOOK_AGAIN_MS)
    } catch (error) {
      console.error(error instanceof Error ? error.message : error)
      await sleep(WAIT_MS)
    }
  }
}

await Promise.all([
  send(),
  consume(
    {
      store,
      strategy: 'contiguous',
      async handle(records, session) {
        const writes = records
          .flatMap(mailsOf)
          .map(({ _id, ...mail }) => ({ updateOne: { filter: { _id }, update: { $setOnInsert: mail }, upsert: true } }))
        if (writes.length > 0) await outbox.bulkWrite(writes, { session })
      },
    },
    feedStream({ url: values.url, kinds: ['trade'], ...(token && { token }) }),
    { signal: stop.signal },
  ),
])
await client.close()
