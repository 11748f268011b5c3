// A submitter who sends again, with the same keys, all that was acknowledged.
import assert from 'node:assert/strict'
import type { Book } from '../kill/load.ts'
import { ask } from '../kill/server.ts'

export interface Answer {
  readonly key: string
  readonly status: number
  readonly replayed: boolean
  /** `entity@version` */
  readonly versions: readonly string[]
}

interface LineAnswer {
  readonly line: number
  readonly status: number
  readonly replayed?: true
  readonly receipt?: { readonly versions: readonly { readonly entityId: string; readonly version: number }[] }
}

const serialOf = (key: string): number => Number(key.slice(1))

/** In the order of the keys, k0, k1 …, which is that in which they were first sent. */
export async function sendAgain(url: string, { sent, acknowledged }: Book): Promise<readonly Answer[]> {
  const keys = [...acknowledged.keys()].toSorted((a, b) => serialOf(a) - serialOf(b))
  const body = keys.map((key) => JSON.stringify(sent.get(key))).join('\n')
  const { status, text } = await ask(url, 'POST', '/v1/commands', body, { 'content-type': 'application/x-ndjson' })
  assert.equal(status, 200, text)
  const answers = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as LineAnswer)
  assert.equal(answers.length, keys.length)
  return answers.map((answer) => ({
    key: keys[answer.line - 1] ?? '',
    status: answer.status,
    replayed: answer.replayed === true,
    versions: (answer.receipt?.versions ?? []).map(({ entityId, version }) => `${entityId}@${version}`),
  }))
}

/** All of it is there, with the versions that were told. */
export async function assertKept(url: string, book: Book): Promise<void> {
  for (const { key, replayed, versions } of await sendAgain(url, book)) {
    assert.ok(replayed, `${key} was acknowledged, and is not there`)
    assert.deepEqual(versions, book.acknowledged.get(key))
  }
}
