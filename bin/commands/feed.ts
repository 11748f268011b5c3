// strata feed: every version in the order of the feed, up to its head, or for ever.

import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { ownerSchema } from '../../ledger/entity-id.ts'
import type { FeedPage } from '../../ledger/feed.ts'
import type { Ledger } from '../../ledger/index.ts'
import { kindsArgument } from '../arguments.ts'
import { interruption } from '../interrupt.ts'
import { print, say } from '../output.ts'
import { LEDGER_SETTINGS, withSettingFlags } from '../setting-flags.ts'
import type { Flags } from '../settings.ts'

const PAGE_VERSIONS = 100

type Options = Flags & {
  readonly after?: string
  readonly follow?: true
  readonly kinds?: readonly string[]
  readonly owner?: string
  readonly json?: boolean
}

export function addFeed(program: Command): void {
  const command = program
    .command('feed')
    .description('every version, in the order of the feed')
    .option('--after <cursor>', 'from there on, or end: from now on; default: from the beginning')
    .option('--follow', 'go on for ever, as versions are recorded')
    .option('--kinds <kinds>', 'only these, separated by commas', kindsArgument)
    .option('--owner <owner>', 'only of this owner', ownerArgument)
    .option('--json', 'a record a line, as HTTP answers them')
    .addHelpText('after', '\nThe cursor after the last version goes to stderr: `next CURSOR`.')
  withSettingFlags(command, LEDGER_SETTINGS).action(printFeed)
}

async function printFeed({ after, follow, kinds, owner, json = false, ...flags }: Options): Promise<void> {
  const [{ withLedger }, { decodeFeedPlace, encodeFeedPlace }, { reading }, { feedLine }] = await Promise.all([
    import('../open.ts'),
    import('../../ledger/feed-cursor.ts'),
    import('../read-failure.ts'),
    import('../record-text.ts'),
  ])
  await withLedger(flags, async (ledger) => {
    let next: FeedPage['next'] | undefined
    await reading(json, async () => {
      const from =
        after === undefined
          ? ledger.feed.beginning
          : after === 'end'
            ? await ledger.feed.end()
            : decodeFeedPlace(after, ledger.feed.partitions)
      next = from
      const filter = { kinds, owner }
      const pages = follow
        ? ledger.feed.follow(from, { limit: PAGE_VERSIONS, filter, signal: interruption() })
        : toTheHead(ledger, from, filter)
      for await (const page of pages) {
        for (const record of page.versions) await print(json ? JSON.stringify(record) : feedLine(record))
        next = page.next
      }
    })
    if (next) say(`next ${encodeFeedPlace(next)}`)
  })
}

/** Up to what was committed when it began: a busy ledger has an end too. */
async function* toTheHead(ledger: Ledger, from: FeedPage['next'], filter: Parameters<Ledger['feed']['read']>[2]): AsyncGenerator<FeedPage> {
  const head = await ledger.feed.end()
  for (let place = from; ;) {
    const page = await ledger.feed.read(place, PAGE_VERSIONS, filter, head)
    yield page
    if (page.caughtUp) return
    place = page.next
  }
}

function ownerArgument(text: string): string {
  const owner = ownerSchema.safeParse(text)
  if (owner.success) return owner.data
  throw new InvalidArgumentError(`It ${owner.error.issues[0]?.message}.`)
}
