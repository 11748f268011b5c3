import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { test } from 'node:test'
import { counting } from '../made-up.testing.ts'
import { snowflakeSink } from '../snowflake.ts'

test('the driver is loaded when it is first needed; where it is not installed, that is said', async () => {
  let asked = 0
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== 'snowflake-sdk') return next(specifier, context)
      asked++
      throw new Error(`Cannot find package '${specifier}'`)
    },
  })
  await using sink = snowflakeSink({ url: 'snowflake://me:secret@acc/D/S?warehouse=W' })
  assert.equal(asked, 0)
  await assert.rejects(sink.open(counting('nothing'), 'live'), /optional dependency/)
  assert.equal(asked, 1)
})

test('a URL that is none is refused at once', () => {
  assert.throws(() => snowflakeSink({ url: 'snowflake://acc/D/S' }), /^TypeError: the URL of Snowflake names no user/)
})
