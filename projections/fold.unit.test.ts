import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fold, Poisoned, type Contents } from './fold.ts'
import { counting, versions } from './sinks/made-up.testing.ts'

const NOTHING: Contents = { documents: new Map(), memories: new Map() }

test('a document whose key tells another machine than its contents is poison, in every sink', () => {
  const sound = counting('sound')
  assert.equal(fold(sound, versions(0, 10), NOTHING).documents.size, 6)
  const wrong = { ...sound, spreadBy: { member: 'owner', of: (key: string) => key } }
  assert.throws(
    () => fold(wrong, versions(0, 10), NOTHING),
    (error) => error instanceof Poisoned && /the document o0:g0 has the owner "o0", and by its key "o0:g0"/.test(error.message),
  )
})
