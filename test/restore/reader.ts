// A reader of the feed, from outside: what it gets, and that it is dense.
import assert from 'node:assert/strict'
import { ask } from '../kill/server.ts'

export interface Version {
  readonly entityId: string
  readonly version: number
  readonly partition: number
  readonly position: number
  readonly recordedAt: string
}

export interface Read {
  /** By partition, then position. */
  readonly versions: readonly Version[]
  /** After each page: the cursor, and the versions up to it. */
  readonly places: readonly { readonly cursor: string; readonly seen: readonly Version[] }[]
  readonly next: string
}

interface Page {
  readonly versions: readonly Version[]
  readonly next: string
  readonly caughtUp: boolean
}

const PAGE_VERSIONS = 500

export const inOrder = (versions: readonly Version[]): readonly Version[] =>
  versions.toSorted((a, b) => a.partition - b.partition || a.position - b.position)

/** From a cursor on, or from the beginning, to the head. */
export async function read(url: string, after?: string): Promise<Read> {
  const seen: Version[] = []
  const places: { readonly cursor: string; readonly seen: readonly Version[] }[] = []
  for (let cursor = after; ;) {
    const { status, text } = await ask(url, 'GET', `/v1/feed?limit=${PAGE_VERSIONS}${cursor === undefined ? '' : `&after=${cursor}`}`)
    assert.equal(status, 200, text)
    const page = JSON.parse(text) as Page
    seen.push(...page.versions)
    cursor = page.next
    places.push({ cursor, seen: [...seen] })
    if (page.caughtUp) return { versions: inOrder(seen), places, next: cursor }
  }
}

/** The first difference is shown, and no more: of thousands of records, working out all of them takes minutes. */
export function assertSame(actual: readonly unknown[], expected: readonly unknown[], message: string): void {
  for (let n = 0; n < Math.max(actual.length, expected.length); n++)
    assert.equal(
      JSON.stringify(actual[n]),
      JSON.stringify(expected[n]),
      `${message}: ${actual.length} of ${expected.length}, the first other at ${n}`,
    )
}

/** Positions from 1 in each partition, versions from 1 in each entity; nothing missing, nothing twice. */
export function assertDense(versions: readonly Version[]): void {
  const heads = new Map<number | string, number>()
  for (const { partition, position, entityId, version } of inOrder(versions)) {
    assert.equal(position, (heads.get(partition) ?? 0) + 1, `partition ${partition}`)
    assert.equal(version, (heads.get(entityId) ?? 0) + 1, entityId)
    heads.set(partition, position).set(entityId, version)
  }
}
