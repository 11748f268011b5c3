// What must be so after every kill, seen from outside: the feed, from where the last round's look ended.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Book } from './load.ts'
import { ask } from './server.ts'

interface Version {
  readonly entityId: string
  readonly version: number
  readonly partition: number
  readonly position: number
  readonly commandId: string
  readonly commandSeq: number
  readonly commandSize: number
  readonly recordedAt: string
}

/** Where the looks have come to. */
export interface Seen {
  cursor: string | undefined
  readonly heads: Map<number, number>
  readonly versions: Map<string, number>
  commands: number
}

export const nothingSeen = (): Seen => ({ cursor: undefined, heads: new Map(), versions: new Map(), commands: 0 })

/** Throws where a version is missing, double, out of place, or where a unit is not whole. */
export async function checkFeed(url: string, seen: Seen, book: Book): Promise<void> {
  const commands = new Map<string, Version[]>()
  for (let caughtUp = false; !caughtUp;) {
    const page = await pageAfter(url, seen.cursor)
    for (const version of page.versions) {
      inPlace(seen, version)
      const own = commands.get(version.commandId)
      if (own) own.push(version)
      else commands.set(version.commandId, [version])
    }
    seen.cursor = page.next
    caughtUp = page.caughtUp
  }
  seen.commands += commands.size
  for (const [id, rows] of commands) whole(id, rows, book)
  for (const [id, versions] of book.acknowledged) {
    const there = (commands.get(id) ?? [])
      .toSorted((a, b) => a.commandSeq - b.commandSeq)
      .map(({ entityId, version }) => `${entityId}@${version}`)
    assert.deepEqual(there, versions, `${id} was acknowledged`)
  }
  for (const unit of book.atomicUnits) {
    const times = new Set(unit.map((id) => commands.get(id)?.[0]?.recordedAt))
    assert.equal(times.size, 1, `an atomic unit is there in part: ${unit.join(' ')}`)
  }
}

export const ASK_AGAIN_MS = 50
export const RECOVERED_WITHIN_MS = 60_000

/** Asked again while the database comes back: where nothing was under way when it was killed, nobody has waited for it yet. */
async function pageAfter(
  url: string,
  cursor: string | undefined,
): Promise<{ versions: readonly Version[]; next: string; caughtUp: boolean }> {
  const deadline = Date.now() + RECOVERED_WITHIN_MS
  for (;;) {
    const { status, text } = await ask(
      url,
      'GET',
      `/v1/feed?limit=1000${cursor === undefined ? '' : `&after=${encodeURIComponent(cursor)}`}`,
    )
    if (status === 200) return JSON.parse(text) as { versions: readonly Version[]; next: string; caughtUp: boolean }
    assert.ok(status === 503 && Date.now() < deadline, text)
    await sleep(ASK_AGAIN_MS)
  }
}

/** Positions are dense, and so are versions. */
function inPlace(seen: Seen, { partition, position, entityId, version }: Version): void {
  assert.equal(position, (seen.heads.get(partition) ?? 0) + 1, `the feed of partition ${partition} has a gap`)
  seen.heads.set(partition, position)
  assert.equal(version, (seen.versions.get(entityId) ?? 0) + 1, `the history of ${entityId} has a gap, or a version twice`)
  seen.versions.set(entityId, version)
}

function whole(id: string, rows: readonly Version[], { acknowledged }: Book): void {
  assert.ok(acknowledged.has(id), `${id} is there, and nobody was told so`)
  assert.equal(rows.length, rows[0]?.commandSize, `${id} is there in part`)
  assert.equal(new Set(rows.map(({ commandSeq }) => commandSeq)).size, rows.length, `${id} has a version twice`)
  assert.equal(new Set(rows.map(({ recordedAt }) => recordedAt)).size, 1, `${id} was recorded in parts`)
}
