import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WINDOW_VERSIONS, windowBefore } from './history-window.js'

test('a window has its version in it, is full where there are enough, and has others on both sides of it', () => {
  for (const latest of [1, 50, 51, 101, 3_000])
    for (let version = 1; version <= latest; version++) {
      const before = windowBefore(version, latest)
      const [first, last] = [before + 1, Math.min(before + WINDOW_VERSIONS, latest)]
      assert.ok(first <= version && version <= last, `${version} of ${latest}: ${first} to ${last}`)
      assert.equal(last - first + 1, Math.min(WINDOW_VERSIONS, latest))
      assert.ok(first === 1 || last === latest || (version - first > 20 && last - version > 20))
    }
})
