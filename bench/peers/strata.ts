// Strata, as it comes: three lanes, eight connections to read.
import { randomUUID } from 'node:crypto'
import { submitter } from '../../commands/submit/submitter.ts'
import { failed } from '../../commands/submit/answer.ts'
import { entityId, type EntityId } from '../../ledger/entity-id.ts'
import { DEFAULT_LANES, migrate, openLedger, READ_CONNECTIONS } from '../../ledger/index.ts'
import { good, parsed } from '../commands.ts'
import type { JsonObject } from '../../ledger/json.ts'
import { eventAfter } from './events.ts'
import { PAGE, type EventStore, type Peer, type Stream } from './store.ts'

const LOST_RACES = ['precondition_failed', 'already_exists']
const COMMANDS = { TradeSubmitted: 'SubmitTrade', TradeAmended: 'AmendTrade' }

export const strata: Peer = {
  name: 'Strata',
  install: async (url) => void (await migrate(url)),
  settings: [{ name: `${DEFAULT_LANES} lanes`, connections: DEFAULT_LANES + READ_CONNECTIONS, open }],
}

const entityOf = ({ owner, id }: Stream): EntityId => entityId('trade', `o${owner}`, id)

const line = (command: string, stream: Stream, data: JsonObject): object => ({
  command,
  entityId: entityOf(stream),
  commandId: randomUUID(),
  data,
})

async function open(url: string): Promise<EventStore> {
  const ledger = await openLedger({ url })
  const commands = submitter(ledger)
  let amendments = 0
  return {
    async append(stream, expected) {
      const { type, data } = eventAfter(expected)
      const answer = await commands.submit(parsed({ ...line(COMMANDS[type], stream, data), expectedVersion: expected }))
      if (!failed(answer)) return true
      if (LOST_RACES.includes(answer.problem.code)) return false
      throw new Error(answer.problem.detail)
    },
    // The newest state is the ledger's business. The price is always new: an amendment that changes nothing appends nothing.
    command: async (stream) => void good(await commands.submit(parsed(line('AmendTrade', stream, { price: `${++amendments}.75` })))),
    async read(stream) {
      let count = 0
      for (;;) {
        const page = await ledger.read.history(entityOf(stream), count, PAGE)
        count += page.length
        if (page.length < PAGE) return count
      }
    },
    state: async (stream) => (await ledger.read.latest(entityOf(stream)))?.version ?? 0,
    feeds: [
      {
        name: 'feed',
        async follow(seen, signal) {
          for await (const { versions } of ledger.feed.follow(ledger.feed.beginning, { limit: PAGE, signal }))
            for (const record of versions) seen(record.entityId.slice(record.entityId.lastIndexOf(':') + 1), record.version)
        },
      },
    ],
    [Symbol.asyncDispose]: () => ledger.close(),
  }
}
